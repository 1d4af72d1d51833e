using System.Globalization;
using System.Text;
using CartRecovery.Engine.Monitoring.History;
using CartRecovery.Engine.Monitoring.Query;

namespace CartRecovery.Engine.Monitoring.Collection;

/// <summary>
/// Reads the text format of Prometheus (0.0.4) and what OpenMetrics adds to it: units, exemplars, which are left out, and <c># EOF</c>.
/// </summary>
public static class Exposition
{
    /// <summary>Reads a line.</summary>
    /// <param name="line">The line without its end.</param>
    /// <param name="series">The series as written, <c>name{label="value"}</c>.</param>
    /// <param name="value">The value.</param>
    /// <param name="time">The time, if the line has one, in the format's unit: milliseconds, or seconds in OpenMetrics.</param>
    /// <returns><c>false</c> if the line is empty or a comment.</returns>
    /// <exception cref="FormatException">The line is invalid.</exception>
    public static bool TryReadSample(ReadOnlySpan<char> line, out ReadOnlySpan<char> series, out double value, out double? time)
    {
        series = default;
        (value, time) = (0, null);
        line = line.Trim(" \t\r");
        if (line.IsEmpty || line[0] == '#')
        {
            return false;
        }

        var end = EndOfSeries(line);
        series = line[..end].TrimEnd(" \t");
        var rest = line[end..].TrimStart(" \t");
        var comment = rest.IndexOf('#');
        rest = comment >= 0 ? rest[..comment].TrimEnd(" \t") : rest;
        var space = rest.IndexOfAny(' ', '\t');
        value = Number(space < 0 ? rest : rest[..space]);
        if (space >= 0)
        {
            time = Number(rest[space..].Trim(" \t"));
        }

        return true;
    }

    /// <summary>Reads the labels of a series as written.</summary>
    /// <exception cref="FormatException">The text is no series.</exception>
    public static List<KeyValuePair<string, string>> ReadLabels(ReadOnlySpan<char> series)
    {
        var labels = new List<KeyValuePair<string, string>>();
        var open = series.IndexOf('{');
        var name = (open < 0 ? series : series[..open]).Trim(" \t");
        if (!name.IsEmpty)
        {
            labels.Add(new(SeriesLabels.Name, name.ToString()));
        }

        for (var at = open + 1; open >= 0 && at < series.Length;)
        {
            if (series[at] is ' ' or '\t' or ',')
            {
                at++;
                continue;
            }

            if (series[at] == '}')
            {
                return labels;
            }

            var equals = series[at..].IndexOf('=');
            if (equals <= 0)
            {
                throw new FormatException($"expected a label in '{series}'");
            }

            var label = series.Slice(at, equals).Trim(" \t").ToString();
            at += equals + 1;
            while (at < series.Length && series[at] is ' ' or '\t')
            {
                at++;
            }

            labels.Add(new(label, Quoted(series, ref at)));
        }

        return open < 0 ? labels : throw new FormatException($"expected '}}' at the end of '{series}'");
    }

    /// <summary>Reads a comment that describes a metric; adds to what is known of it.</summary>
    public static void ReadComment(ReadOnlySpan<char> line, Dictionary<string, MetricMetadata> metadata)
    {
        line = line.Trim(" \t\r");
        var isType = line.StartsWith("# TYPE ");
        if (!isType && !line.StartsWith("# HELP ") && !line.StartsWith("# UNIT "))
        {
            return;
        }

        var rest = line[7..];
        var space = rest.IndexOf(' ');
        var (name, text) = space < 0 ? (rest.ToString(), "") : (rest[..space].ToString(), rest[(space + 1)..].ToString());
        var known = metadata.GetValueOrDefault(name) ?? new MetricMetadata(name, MetricType.Unknown);
        metadata[name] = isType ? known with { Type = TypeOf(text) }
            : line[2] == 'H' ? known with { Help = text.Replace("\\n", "\n").Replace("\\\\", "\\") } : known with { Unit = text };
    }

    /// <summary>The type of a name as the format writes it.</summary>
    public static MetricType TypeOf(string text) => text switch
    {
        "counter" => MetricType.Counter,
        "gauge" => MetricType.Gauge,
        "histogram" or "gaugehistogram" => MetricType.Histogram,
        "summary" => MetricType.Summary,
        "info" or "stateset" => MetricType.Info,
        _ => MetricType.Unknown,
    };

    /// <summary>The name of a type as the format writes it.</summary>
    public static string NameOf(MetricType type) => type == MetricType.Unknown ? "unknown" : type.ToString().ToLowerInvariant();

    static int EndOfSeries(ReadOnlySpan<char> line)
    {
        var open = line.IndexOfAny('{', ' ', '\t');
        if (open < 0)
        {
            throw new FormatException($"expected a value in '{line}'");
        }

        if (line[open] != '{')
        {
            return open;
        }

        var isQuoted = false;
        for (var i = open; i < line.Length; i++)
        {
            if (isQuoted && line[i] == '\\')
            {
                i++;
            }
            else if (line[i] == '"')
            {
                isQuoted = !isQuoted;
            }
            else if (line[i] == '}' && !isQuoted)
            {
                return i + 1;
            }
        }

        throw new FormatException($"expected '}}' in '{line}'");
    }

    static string Quoted(ReadOnlySpan<char> text, ref int at)
    {
        if (at >= text.Length || text[at] != '"')
        {
            throw new FormatException($"expected '\"' in '{text}'");
        }

        var value = new StringBuilder();
        for (at++; at < text.Length && text[at] != '"'; at++)
        {
            if (text[at] == '\\' && at + 1 < text.Length)
            {
                at++;
                value.Append(text[at] == 'n' ? '\n' : text[at]);
            }
            else
            {
                value.Append(text[at]);
            }
        }

        at++;
        return value.ToString();
    }

    static double Number(ReadOnlySpan<char> text) => text switch
    {
        "+Inf" or "Inf" => double.PositiveInfinity,
        "-Inf" => double.NegativeInfinity,
        "NaN" => double.NaN,
        _ => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) ? value
            : throw new FormatException($"expected a number, got '{text}'"),
    };
}
