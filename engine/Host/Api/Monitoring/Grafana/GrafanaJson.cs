using System.Text.Json;
using CartRecovery.Engine.Monitoring.Query;

namespace CartRecovery.Host.Api.Monitoring.Grafana;

/// <summary>Writes the results of a panel's targets: <c>{"target","refId","datapoints":[[value,time],…]}</c> for each series, or tables.</summary>
static class GrafanaJson
{
    /// <summary>Writes the results.</summary>
    public static void Write(Utf8JsonWriter json, IReadOnlyList<(GrafanaTarget Target, IReadOnlyList<Series> Series)> results)
    {
        json.WriteStartArray();
        foreach (var (target, found) in results)
        {
            if (target.IsTable)
            {
                WriteTable(json, target, found);
                continue;
            }

            foreach (var series in found)
            {
                WriteSeries(json, target, series, isOnly: found.Count == 1);
            }
        }

        json.WriteEndArray();
    }

    // The only series of a target is named as the target, several by their labels.
    static void WriteSeries(Utf8JsonWriter json, GrafanaTarget target, Series series, bool isOnly)
    {
        json.WriteStartObject();
        json.WriteString("target"u8, isOnly ? target.Query : series.Labels.ToString());
        json.WriteString("refId"u8, target.RefId);
        json.WriteStartArray("datapoints"u8);
        foreach (var sample in series.Samples)
        {
            json.WriteStartArray();
            WriteNumber(json, sample.Value);
            json.WriteNumberValue(sample.Time);
            json.WriteEndArray();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    static void WriteTable(Utf8JsonWriter json, GrafanaTarget target, IReadOnlyList<Series> found)
    {
        string[] names = [.. found.SelectMany(series => series.Labels.Select(label => label.Key)).Distinct().Order(StringComparer.Ordinal)];
        json.WriteStartObject();
        json.WriteString("type"u8, "table");
        json.WriteString("refId"u8, target.RefId);
        json.WriteStartArray("columns"u8);
        WriteColumn(json, "Time", "time");
        foreach (var name in names)
        {
            WriteColumn(json, name == SeriesLabels.Name ? "Metric" : name, "string");
        }

        WriteColumn(json, "Value", "number");
        json.WriteEndArray();
        json.WriteStartArray("rows"u8);
        foreach (var series in found.Where(series => series.Samples.Length > 0))
        {
            var sample = series.Samples[^1];
            json.WriteStartArray();
            json.WriteNumberValue(sample.Time);
            foreach (var name in names)
            {
                json.WriteStringValue(series.Labels[name]);
            }

            WriteNumber(json, sample.Value);
            json.WriteEndArray();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    static void WriteColumn(Utf8JsonWriter json, string text, string type)
    {
        json.WriteStartObject();
        json.WriteString("text"u8, text);
        json.WriteString("type"u8, type);
        json.WriteEndObject();
    }

    // JSON has no NaN; a panel shows a gap.
    static void WriteNumber(Utf8JsonWriter json, double value)
    {
        if (double.IsFinite(value))
        {
            json.WriteNumberValue(value);
        }
        else
        {
            json.WriteNullValue();
        }
    }
}
