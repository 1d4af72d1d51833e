using System.Buffers;
using System.Globalization;
using System.Text.Json;
using CartRecovery.Engine.Monitoring.Alerts;
using CartRecovery.Engine.Monitoring.Notices;
using CartRecovery.Engine.Monitoring.Query;

namespace CartRecovery.Engine.Monitoring.Receivers;

/// <summary>Writes JSON as receivers expect it.</summary>
static class NoticeJson
{
    /// <summary>Writes an object.</summary>
    public static ReadOnlyMemory<byte> Write(Action<Utf8JsonWriter> content)
    {
        var body = new ArrayBufferWriter<byte>(1024);
        using (var json = new Utf8JsonWriter(body))
        {
            json.WriteStartObject();
            content(json);
            json.WriteEndObject();
        }

        return body.WrittenMemory;
    }

    /// <summary>Writes labels as an object.</summary>
    public static void WriteLabels(this Utf8JsonWriter json, string name, SeriesLabels labels)
    {
        json.WriteStartObject(name);
        foreach (var (key, value) in labels)
        {
            json.WriteString(key, value);
        }

        json.WriteEndObject();
    }

    /// <summary>Writes a notice's alerts as Alertmanager's webhook does.</summary>
    /// <param name="json">The writer.</param>
    /// <param name="notice">The notice.</param>
    /// <param name="max">How many alerts at most.</param>
    public static void WriteAlerts(this Utf8JsonWriter json, Notice notice, int max)
    {
        json.WriteStartArray("alerts");
        foreach (var alert in notice.Alerts.Take(max))
        {
            json.WriteStartObject();
            json.WriteString("status", alert.IsResolved ? "resolved" : "firing");
            json.WriteLabels("labels", alert.Labels);
            json.WriteLabels("annotations", alert.Annotations);
            json.WriteString("startsAt", Time(alert.StartsAt));
            json.WriteString("endsAt", alert.IsResolved ? Time(alert.EndsAt) : "0001-01-01T00:00:00Z");
            json.WriteString("generatorURL", alert.GeneratorUrl);
            json.WriteString("fingerprint", LabelText.Fingerprint(alert.Labels).ToString("x16", CultureInfo.InvariantCulture));
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    /// <summary>Formats a time in RFC 3339.</summary>
    public static string Time(long milliseconds) =>
        DateTimeOffset.FromUnixTimeMilliseconds(Math.Clamp(milliseconds, 0, 253_402_300_799_999)).UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
}
