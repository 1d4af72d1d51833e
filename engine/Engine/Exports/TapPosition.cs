using System.Globalization;
using CartRecovery.Engine.Backtest;

namespace CartRecovery.Engine.Exports;

/// <summary>The position of a <see cref="JournalTap"/> in the journals.</summary>
/// <param name="Partitions">The position in each partition's journal.</param>
public readonly record struct TapPosition(IReadOnlyList<EventPosition> Partitions)
{
    /// <summary>Formats the position for a cursor.</summary>
    public string ToText() => string.Join('-', Partitions.Select(at => string.Create(CultureInfo.InvariantCulture, $"{at.Address:x}.{at.Events:x}")));

    /// <summary>Parses a position.</summary>
    /// <returns><see langword="null"/> if the text is not a position.</returns>
    public static TapPosition? Parse(string text)
    {
        var partitions = new List<EventPosition>();
        foreach (var part in text.Split('-'))
        {
            if (part.Split('.') is not [var address, var events]
                || !long.TryParse(address, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var at) || at < 0
                || !int.TryParse(events, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var count) || count < 0)
            {
                return null;
            }

            partitions.Add(new EventPosition(at, count));
        }

        return new TapPosition(partitions);
    }
}
