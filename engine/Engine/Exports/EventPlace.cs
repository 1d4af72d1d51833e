using System.Globalization;
using CartRecovery.Engine.Backtest;

namespace CartRecovery.Engine.Exports;

/// <summary>An event's place in an export of the events, which goes from partition to partition.</summary>
/// <param name="Partition">The partition's index.</param>
/// <param name="At">The event's place in its journal.</param>
public readonly record struct EventPlace(int Partition, EventPosition At)
{
    /// <summary>Formats it for a cursor.</summary>
    /// <param name="partitions">The number of partitions: with another, places mean nothing.</param>
    public string ToText(int partitions) => string.Create(CultureInfo.InvariantCulture, $"{partitions}-{Partition}-{At.Address}-{At.Events}");

    /// <summary>Reads a place.</summary>
    /// <returns><see langword="null"/> if the text is none for this number of partitions.</returns>
    public static EventPlace? Parse(string text, int partitions)
    {
        var parts = text.Split('-');
        return parts.Length == 4 && Read(parts[0]) == partitions && Read(parts[1]) is { } partition && partition < partitions && Read(parts[2]) is { } address
            && Read(parts[3]) is { } events and <= int.MaxValue ? new EventPlace((int)partition, new EventPosition(address, (int)events)) : null;
    }

    static long? Read(string text) => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
}
