using System.Globalization;
using System.Text.RegularExpressions;
using CartRecovery.Engine.Monitoring.Query;

namespace CartRecovery.Engine.Monitoring.RuleTests;

/// <summary>
/// Expands the notation of series in rule tests: <c>1 2 _ stale</c>, <c>5x3</c> (5, and three more), <c>0+10x3</c> (0 10 20 30),
/// <c>_x5</c> (five without a sample).
/// </summary>
public static partial class InputSeries
{
    /// <summary>How many samples a series may have.</summary>
    public const int MaxSamples = 1_000_000;

    /// <summary>Expands values; null stands for no sample.</summary>
    /// <exception cref="FormatException">A value is invalid, or there are too many.</exception>
    public static IReadOnlyList<double?> Expand(string values)
    {
        List<double?> samples = [];
        foreach (var part in values.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries))
        {
            var match = Part().Match(part);
            if (!match.Success)
            {
                throw new FormatException($"invalid value \"{part}\": expected a number, START+STEPxCOUNT, VALUExCOUNT, _ or stale");
            }

            var isRepeated = match.Groups["count"] is { Success: true };
            var count = !isRepeated ? 0 : int.TryParse(match.Groups["count"].Value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : int.MaxValue;
            if (count > MaxSamples - samples.Count - 1)
            {
                throw new FormatException($"a series has at most {MaxSamples} samples");
            }

            if (match.Groups["none"].Success)
            {
                samples.AddRange(Enumerable.Repeat<double?>(null, isRepeated ? count : 1));
                continue;
            }

            var value = Number(match.Groups["start"].Value);
            var step = match.Groups["step"] is { Success: true } by ? Number(by.Value) : 0;
            samples.Add(value);
            for (var i = 0; i < count; i++)
            {
                value += step;
                samples.Add(value);
            }
        }

        return samples;
    }

    /// <summary>Parses a series or labels: <c>up{job="a"}</c>, <c>{}</c>.</summary>
    /// <exception cref="FormatException">The text is none.</exception>
    public static SeriesLabels Labels(string text)
    {
        if (text.Trim() is "" or "{}")
        {
            return SeriesLabels.Empty;
        }

        try
        {
            var matchers = PromQuery.ParseSelector(text);
            return matchers.All(matcher => matcher.Match == LabelMatch.Equal)
                ? SeriesLabels.Of(matchers.Select(matcher => KeyValuePair.Create(matcher.Name, matcher.Value)))
                : throw new FormatException($"\"{text}\" is no series: labels are given with =");
        }
        catch (PromQlException e)
        {
            throw new FormatException($"\"{text}\" is no series: {e.Message}", e);
        }
    }

    static double Number(string text) => text.ToLowerInvariant() switch
    {
        "stale" => StaleMarker.Value,
        "nan" => double.NaN,
        "inf" or "+inf" => double.PositiveInfinity,
        "-inf" => double.NegativeInfinity,
        _ => double.Parse(text, NumberStyles.Float, CultureInfo.InvariantCulture),
    };

    [GeneratedRegex(@"^(?:(?<none>_)|(?<start>stale|[-+]?(?:(?i:inf|nan)|(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?))(?<step>[-+](?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)?)(?:x(?<count>\d+))?$",
        RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Part();
}
