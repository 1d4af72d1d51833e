using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using CartRecovery.Engine.Configuration.Monitoring;
using CartRecovery.Engine.Monitoring.History;
using CartRecovery.Engine.Monitoring.Query;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Monitoring.Collection;

/// <summary>Reads a metric out of answers of an HTTP service, by JSON paths or by a pattern. Immutable.</summary>
public sealed class ResponseMetric
{
    const int MaxSeries = 1000;

    static readonly TimeSpan s_patternTime = TimeSpan.FromSeconds(1);

    readonly string _name;
    readonly double _scale;
    readonly JsonPath? _items;
    readonly JsonPath? _value;
    readonly Regex? _pattern;
    readonly List<(string Name, string Text, JsonPath? Path)> _labels = [];

    /// <summary>Prepares a metric.</summary>
    /// <exception cref="FormatException">A key is invalid; the message begins with its name.</exception>
    public ResponseMetric(ResponseMetricConfig config)
    {
        (_name, _scale) = (config.Name, config.Scale);
        if (!SeriesRules.IsMetricName(_name))
        {
            throw new FormatException($"name: '{_name}' is no name of a metric");
        }

        if (config.Value is null == config.Pattern is null)
        {
            throw new FormatException("value: give either a value (a JSON path) or a pattern");
        }

        _items = Path("items", config.Items);
        _value = Path("value", config.Value);
        try
        {
            _pattern = config.Pattern is null ? null : new Regex(config.Pattern, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant, s_patternTime);
        }
        catch (Exception e) when (e is ArgumentException or NotSupportedException)
        {
            throw new FormatException($"pattern: {e.Message}", e);
        }

        foreach (var (label, text) in config.Labels)
        {
            if (!SeriesRules.IsLabelName(label))
            {
                throw new FormatException($"labels: '{label}' is no name of a label");
            }

            _labels.Add((label, text, text.StartsWith('$') && _pattern is null ? Path($"labels.{label}", text) : null));
        }

        Metadata = new MetricMetadata(_name, config.Type == ResponseMetricType.Counter ? MetricType.Counter : MetricType.Gauge, config.Help ?? "");
    }

    /// <summary>What is known of the metric.</summary>
    public MetricMetadata Metadata { get; }

    /// <summary>Reads an answer.</summary>
    /// <param name="body">The answer.</param>
    /// <param name="document">The answer as JSON; <see langword="null"/> if it is none.</param>
    /// <returns>At most 1,000 series with their values.</returns>
    /// <exception cref="FormatException">The answer has no such value.</exception>
    public List<(List<KeyValuePair<string, string>> Labels, double Value)> Read(string body, JsonDocument? document)
    {
        var found = _pattern is not null ? ReadPattern(body)
            : document is not null ? ReadJson(document.RootElement) : throw new FormatException($"{_name}: the answer is not JSON");
        return found.Count > 0 ? found : throw new FormatException($"{_name}: the answer has no such value");
    }

    List<(List<KeyValuePair<string, string>> Labels, double Value)> ReadJson(JsonElement root)
    {
        var found = new List<(List<KeyValuePair<string, string>>, double)>();
        foreach (var item in (_items?.Select(root) ?? [root]).Take(MaxSeries))
        {
            if (_value!.Select(item).Select(NumberOf).FirstOrDefault(number => number is not null) is not { } value)
            {
                continue;
            }

            List<KeyValuePair<string, string>> labels = [new(SeriesLabels.Name, _name)];
            labels.AddRange(_labels.Select(label => KeyValuePair.Create(label.Name, label.Path is null ? label.Text : TextOf(label.Path.Select(item).FirstOrDefault()))));
            found.Add((labels, value * _scale));
        }

        return found;
    }

    List<(List<KeyValuePair<string, string>> Labels, double Value)> ReadPattern(string body)
    {
        var found = new List<(List<KeyValuePair<string, string>>, double)>();
        for (var match = _pattern!.Match(body); match.Success && found.Count < MaxSeries; match = match.NextMatch())
        {
            var text = match.Groups["value"] is { Success: true } named ? named.Value : match.Groups[match.Groups.Count > 1 ? 1 : 0].Value;
            if (Number(text) is { } value)
            {
                List<KeyValuePair<string, string>> labels = [new(SeriesLabels.Name, _name)];
                labels.AddRange(_labels.Select(label => KeyValuePair.Create(label.Name, label.Text)));
                labels.AddRange(_pattern.GetGroupNames().Where(name => name != "value" && SeriesRules.IsLabelName(name)).Select(name => KeyValuePair.Create(name, match.Groups[name].Value)));
                found.Add((labels, value * _scale));
            }
        }

        return found;
    }

    static JsonPath? Path(string key, string? text)
    {
        try
        {
            return text is null ? null : JsonPath.Parse(text);
        }
        catch (FormatException e)
        {
            throw new FormatException($"{key}: {e.Message}", e);
        }
    }

    static double? NumberOf(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Number => element.GetDouble(),
        JsonValueKind.String => Number(element.GetString()!),
        JsonValueKind.True => 1,
        JsonValueKind.False => 0,
        _ => null,
    };

    // Services of blockchains write numbers in hexadecimal.
    static double? Number(string text) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? number
        : text.StartsWith("0x", StringComparison.OrdinalIgnoreCase) && ulong.TryParse(text.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var hex) ? hex : null;

    static string TextOf(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.String => element.GetString()!,
        JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False => element.GetRawText(),
        _ => "",
    };
}
