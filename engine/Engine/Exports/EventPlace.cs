using System.Globalization;
using CartRecovery.Engine.Backtest;

namespace CartRecovery.Engine.Exports;

/// <summary>The position of an event in an export, which reads one partition after the other.</summary>
/// <param name="Partition">The partition's index.</param>
/// <param name="At">The event's position in its journal.</param>
/// <param name="Sequence">The number of the entry that has the event.</param>
/// <param name="WrittenAt">When that entry was written (ms since 1970 UTC). After a restore, another entry may have its address.</param>
public readonly record struct EventPlace(int Partition, EventPosition At, long Sequence, long WrittenAt)
{
    /// <summary>Formats the position for a cursor.</summary>
    /// <param name="partitions">The number of partitions. With another number, the position is invalid.</param>
    public string ToText(int partitions) => string.Create(CultureInfo.InvariantCulture, $"{partitions}-{Partition}-{At.Address}-{At.Events}-{Sequence}-{WrittenAt}");

    /// <summary>Parses a position.</summary>
    /// <returns><see langword="null"/> if the text is not a position, or of another number of partitions.</returns>
    public static EventPlace? Parse(string text, int partitions)
    {
        var parts = text.Split('-');
        return parts.Length == 6 && Read(parts[0]) == partitions && Read(parts[1]) is { } partition && partition < partitions && Read(parts[2]) is { } address
            && Read(parts[3]) is { } events and <= int.MaxValue && Read(parts[4]) is { } sequence && Read(parts[5]) is { } at
            ? new EventPlace((int)partition, new EventPosition(address, (int)events), sequence, at) : null;
    }

    static long? Read(string text) => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
}
