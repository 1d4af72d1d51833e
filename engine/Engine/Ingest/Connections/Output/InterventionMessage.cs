using System.Buffers;
using System.Text.Json;
using CartRecovery.Contracts;

namespace CartRecovery.Engine.Ingest.Connections.Output;

/// <summary>Writes the message that brings an intervention to a client.</summary>
static class InterventionMessage
{
    // One thread sends interventions, many at a time.
    [ThreadStatic]
    static ArrayBufferWriter<byte>? s_body;

    [ThreadStatic]
    static Utf8JsonWriter? s_writer;

    /// <summary>Returns the message as JSON, valid until the thread's next call.</summary>
    public static ReadOnlySpan<byte> Write(Intervention intervention)
    {
        var body = s_body ??= new ArrayBufferWriter<byte>(4096);
        var writer = s_writer ??= new Utf8JsonWriter(body);
        body.ResetWrittenCount();
        writer.Reset();
        writer.WriteStartObject();
        writer.WriteString("type"u8, "intervention"u8);
        writer.WritePropertyName("payload"u8);
        JsonSerializer.Serialize(writer, intervention, ContractsJson.Default.Intervention);
        writer.WriteString("messageId"u8, intervention.Id);
        writer.WriteEndObject();
        writer.Flush();
        return body.WrittenSpan;
    }
}
