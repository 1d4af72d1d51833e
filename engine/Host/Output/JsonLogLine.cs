using System.Buffers;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using CartRecovery.Engine.Telemetry;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace CartRecovery.Host.Output;

/// <summary>
/// A log entry as a JSON object on a line: <c>time</c>, <c>level</c>, <c>event</c>, <c>category</c>, <c>message</c>, the fields of the message,
/// <c>traceId</c> within a traced request or delivery, and <c>exception</c>. Addresses are masked.
/// </summary>
static class JsonLogLine
{
    static readonly JsonWriterOptions s_options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Returns the line without its end.</summary>
    public static string Of<TState>(in LogEntry<TState> entry)
    {
        var output = new ArrayBufferWriter<byte>(512);
        using (var writer = new Utf8JsonWriter(output, s_options))
        {
            writer.WriteStartObject();
            writer.WriteString("time"u8, TimeProvider.System.GetUtcNow().ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture));
            writer.WriteString("level"u8, LevelOf(entry.LogLevel));
            if (LogFields.NameOf(entry.EventId) is { } name)
            {
                writer.WriteString("event"u8, name);
            }

            writer.WriteString("category"u8, entry.Category);
            var message = entry.Formatter(entry.State, entry.Exception);
            writer.WriteString("message"u8, LogMasking.Message(message, LogFields.ValuesOf(entry.State)));
            foreach (var (field, value) in LogFields.Of(entry.State))
            {
                Write(writer, field, value);
            }

            if (Activity.Current is { IdFormat: ActivityIdFormat.W3C } activity)
            {
                writer.WriteString("traceId"u8, activity.TraceId.ToHexString());
            }

            if (entry.Exception is { } exception)
            {
                writer.WriteString("exception"u8, LogMasking.Text(exception.ToString()));
            }

            writer.WriteEndObject();
        }

        return Encoding.UTF8.GetString(output.WrittenSpan);
    }

    static void Write(Utf8JsonWriter writer, string name, object? value)
    {
        switch (value)
        {
            case null:
                writer.WriteNull(name);
                break;
            case bool truth:
                writer.WriteBoolean(name, truth);
                break;
            case int or long or short or byte or uint or ushort:
                writer.WriteNumber(name, Convert.ToInt64(value, CultureInfo.InvariantCulture));
                break;
            case double number when double.IsFinite(number):
                writer.WriteNumber(name, number);
                break;
            case IFormattable formattable:
                writer.WriteString(name, formattable.ToString(format: null, CultureInfo.InvariantCulture));
                break;
            default:
                writer.WriteString(name, LogMasking.Text(value.ToString() ?? ""));
                break;
        }
    }

    static string LevelOf(LogLevel level) => level switch
    {
        LogLevel.Trace => "trace",
        LogLevel.Debug => "debug",
        LogLevel.Information => "information",
        LogLevel.Warning => "warning",
        LogLevel.Error => "error",
        _ => "critical",
    };
}
