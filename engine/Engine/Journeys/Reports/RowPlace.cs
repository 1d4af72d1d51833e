using System.Globalization;

namespace CartRecovery.Engine.Journeys.Reports;

/// <summary>The position of a row in a list that is ordered by time, oldest first, then by a unique key.</summary>
/// <param name="At">The row's time (ms since 1970 UTC).</param>
/// <param name="Key">The row's key.</param>
public readonly record struct RowPlace(long At, string Key)
{
    /// <summary>The position before the first row.</summary>
    public static RowPlace First { get; } = new(long.MinValue, "");

    /// <summary>Parses a position.</summary>
    /// <returns><see langword="null"/> if the text is not a position.</returns>
    public static RowPlace? Parse(string text)
    {
        var dash = text.IndexOf('-', 1);
        return dash > 0 && long.TryParse(text.AsSpan(0, dash), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var at)
            ? new RowPlace(at, text[(dash + 1)..]) : null;
    }

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{At}-{Key}");
}
