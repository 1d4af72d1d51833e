using System.Globalization;
using System.Text.Json;
using CartRecovery.Engine.Monitoring.Query;

namespace CartRecovery.Host.Api.Monitoring;

/// <summary>Writes values as Prometheus' API does: times as seconds with up to three places, numbers as texts.</summary>
static class PromJson
{
    /// <summary>Writes a result as <c>{"resultType":…,"result":…}</c>.</summary>
    public static void Write(Utf8JsonWriter json, PromValue value)
    {
        json.WriteStartObject();
        json.WriteString("resultType", value switch { PromScalar => "scalar", PromString => "string", PromVector => "vector", _ => "matrix" });
        json.WritePropertyName("result");
        switch (value)
        {
            case PromScalar scalar:
                WriteSample(json, scalar.Time, scalar.Value);
                break;
            case PromString text:
                json.WriteStartArray();
                WriteTime(json, text.Time);
                json.WriteStringValue(text.Value);
                json.WriteEndArray();
                break;
            case PromVector vector:
                json.WriteStartArray();
                foreach (var sample in vector.Samples)
                {
                    json.WriteStartObject();
                    WriteLabels(json, "metric", sample.Labels);
                    json.WritePropertyName("value");
                    WriteSample(json, vector.Time, sample.Value);
                    json.WriteEndObject();
                }

                json.WriteEndArray();
                break;
            case PromMatrix matrix:
                WriteMatrix(json, matrix);
                break;
        }

        json.WriteEndObject();
    }

    /// <summary>Writes labels as an object.</summary>
    public static void WriteLabels(Utf8JsonWriter json, SeriesLabels labels)
    {
        json.WriteStartObject();
        foreach (var (name, value) in labels)
        {
            json.WriteString(name, value);
        }

        json.WriteEndObject();
    }

    /// <summary>Formats a number without exponent, with the fewest digits that identify it.</summary>
    public static string Number(double value)
    {
        if (!double.IsFinite(value))
        {
            return double.IsNaN(value) ? "NaN" : value > 0 ? "+Inf" : "-Inf";
        }

        var text = value.ToString("R", CultureInfo.InvariantCulture);
        var at = text.IndexOf('E', StringComparison.Ordinal);
        if (at < 0)
        {
            return text;
        }

        var exponent = int.Parse(text.AsSpan(at + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
        var sign = text[0] == '-' ? "-" : "";
        var number = text[sign.Length..at];
        var digits = number.Replace(".", "", StringComparison.Ordinal);
        return exponent < 0
            ? $"{sign}0.{new string('0', -exponent - 1)}{digits}"
            : $"{sign}{digits}{new string('0', exponent + 1 - digits.Length)}";
    }

    static void WriteMatrix(Utf8JsonWriter json, PromMatrix matrix)
    {
        json.WriteStartArray();
        foreach (var series in matrix.Series)
        {
            json.WriteStartObject();
            WriteLabels(json, "metric", series.Labels);
            json.WriteStartArray("values");
            foreach (var sample in series.Samples)
            {
                WriteSample(json, sample.Time, sample.Value);
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    static void WriteLabels(Utf8JsonWriter json, string property, SeriesLabels labels)
    {
        json.WritePropertyName(property);
        WriteLabels(json, labels);
    }

    static void WriteSample(Utf8JsonWriter json, long time, double value)
    {
        json.WriteStartArray();
        WriteTime(json, time);
        json.WriteStringValue(Number(value));
        json.WriteEndArray();
    }

    static void WriteTime(Utf8JsonWriter json, long time) =>
        json.WriteRawValue(time % 1000 == 0 ? (time / 1000).ToString(CultureInfo.InvariantCulture)
            : (time / 1000m).ToString("0.000", CultureInfo.InvariantCulture), skipInputValidation: true);
}
