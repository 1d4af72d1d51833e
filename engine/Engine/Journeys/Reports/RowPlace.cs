using System.Globalization;

namespace CartRecovery.Engine.Journeys.Reports;

/// <summary>The place of a row in a list that is ordered by time, the oldest first, and then by a key that no two rows share.</summary>
/// <param name="At">The row's time (ms since 1970 UTC).</param>
/// <param name="Key">The row's key.</param>
public readonly record struct RowPlace(long At, string Key)
{
    /// <summary>The place before the first row.</summary>
    public static RowPlace First { get; } = new(long.MinValue, "");

    /// <summary>Reads a place.</summary>
    /// <returns><see langword="null"/> if the text is none.</returns>
    public static RowPlace? Parse(string text)
    {
        var dash = text.IndexOf('-', 1);
        return dash > 0 && long.TryParse(text.AsSpan(0, dash), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var at)
            ? new RowPlace(at, text[(dash + 1)..]) : null;
    }

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{At}-{Key}");
}
