using System.Text;

namespace CartRecovery.Engine.Monitoring.Collection;

/// <summary>Translates names of OpenTelemetry as its specification "Prometheus and OpenMetrics Compatibility" says.</summary>
static class OtlpNames
{
    static readonly Dictionary<string, string> s_units = new(StringComparer.Ordinal)
    {
        ["d"] = "days",
        ["h"] = "hours",
        ["min"] = "minutes",
        ["s"] = "seconds",
        ["ms"] = "milliseconds",
        ["us"] = "microseconds",
        ["ns"] = "nanoseconds",
        ["By"] = "bytes",
        ["KiBy"] = "kibibytes",
        ["MiBy"] = "mebibytes",
        ["GiBy"] = "gibibytes",
        ["KBy"] = "kilobytes",
        ["MBy"] = "megabytes",
        ["GBy"] = "gigabytes",
        ["m"] = "meters",
        ["V"] = "volts",
        ["A"] = "amperes",
        ["J"] = "joules",
        ["W"] = "watts",
        ["g"] = "grams",
        ["Cel"] = "celsius",
        ["Hz"] = "hertz",
        ["%"] = "percent",
    };

    /// <summary>The name of a metric: valid characters, the unit in words, and <c>_total</c> for a counter.</summary>
    public static string Metric(string name, string unit, bool isCounter, bool isGauge)
    {
        var result = new StringBuilder(Valid(name, allowsColon: true));
        foreach (var part in Units(unit, isGauge))
        {
            if (!result.ToString().Split('_').Contains(part))
            {
                result.Append('_').Append(part);
            }
        }

        var text = result.ToString();
        if (isCounter && text.EndsWith("_total", StringComparison.Ordinal) is false)
        {
            // The unit stands before the suffix.
            text = $"{text.Replace("_total_", "_", StringComparison.Ordinal)}_total";
        }

        return text;
    }

    /// <summary>The name of a label.</summary>
    public static string Label(string name)
    {
        var label = Valid(name, allowsColon: false);
        return label.StartsWith('_') && !label.StartsWith("__", StringComparison.Ordinal) ? $"key{label}" : label;
    }

    static IEnumerable<string> Units(string unit, bool isGauge)
    {
        // {requests} is a note, not a unit.
        var open = unit.IndexOf('{', StringComparison.Ordinal);
        var plain = (open < 0 ? unit : unit[..open]).Trim();
        if (plain == "1")
        {
            return isGauge ? ["ratio"] : [];
        }

        var parts = plain.Split('/', 2);
        var main = parts[0].Length == 0 ? "" : Valid(s_units.GetValueOrDefault(parts[0], parts[0]), allowsColon: false);
        var per = parts.Length < 2 || parts[1].Length == 0 ? "" : parts[1] switch
        {
            "s" => "per_second",
            "min" => "per_minute",
            "h" => "per_hour",
            "d" => "per_day",
            var other => $"per_{Valid(s_units.GetValueOrDefault(other, other), allowsColon: false)}",
        };
        return new[] { main, per }.Where(part => part.Length > 0);
    }

    static string Valid(string name, bool allowsColon)
    {
        var text = new StringBuilder(name.Length);
        foreach (var c in name)
        {
            text.Append(char.IsAsciiLetterOrDigit(c) || c == '_' || (allowsColon && c == ':') ? c : '_');
        }

        return text.Length > 0 && char.IsAsciiDigit(text[0]) ? $"_{text}" : text.ToString();
    }
}
