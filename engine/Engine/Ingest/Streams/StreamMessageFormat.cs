using System.Buffers;
using System.Buffers.Binary;
using System.Buffers.Text;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Unicode;
using CartRecovery.Engine.Events;
using CartRecovery.Engine.Events.MessagePack;
using CartRecovery.Engine.Ingest.Connections.Output;
using CartRecovery.Engine.Ingest.Streams.WebSocket;
using MessagePack;

namespace CartRecovery.Engine.Ingest.Streams;

/// <summary>Writes the answers of a stream and their framing.</summary>
static class StreamMessageFormat
{
    /// <summary>The maximum length of an acknowledgement, in bytes.</summary>
    public const int MaxAck = 64;

    /// <summary>The maximum length of an error, in bytes.</summary>
    public const int MaxError = 512;

    /// <summary>The maximum length of the errors of a message, in bytes.</summary>
    public const int MaxErrors = 4096;

    /// <summary>The maximum length of a header, in bytes.</summary>
    public const int MaxHeader = FrameHeader.MaxServerLength;

    // Reused buffer for MessagePack; an answer is written whole on one thread.
    [ThreadStatic]
    static ArrayBufferWriter<byte>? s_buffer;

    [ThreadStatic]
    static Utf8JsonWriter? s_json;

    // Quotes in a message stay readable.
    static readonly JsonWriterOptions s_plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Writes an acknowledgement of the first <paramref name="upTo"/> events.</summary>
    /// <returns>The number of bytes written.</returns>
    public static int WriteAck(Span<byte> body, StreamEncoding encoding, long upTo)
    {
        if (encoding == StreamEncoding.MessagePack)
        {
            var writer = new MessagePackWriter(EmptyBuffer());
            writer.WriteMapHeader(2);
            writer.WriteString("type"u8);
            writer.WriteString("ack"u8);
            writer.WriteString("upTo"u8);
            writer.Write(upTo);
            return CopyWritten(ref writer, body);
        }

        var length = 0;
        Put(body, ref length, "{\"type\":\"ack\",\"upTo\":"u8);
        Put(body, ref length, upTo);
        Put(body, ref length, "}"u8);
        return length;
    }

    /// <summary>Writes the error for a rejected event.</summary>
    /// <returns>The number of bytes written.</returns>
    public static int WriteError(Span<byte> body, StreamEncoding encoding, long index, string code, string message)
    {
        if (encoding == StreamEncoding.MessagePack)
        {
            var writer = new MessagePackWriter(EmptyBuffer());
            writer.WriteMapHeader(4);
            writer.WriteString("type"u8);
            writer.WriteString("error"u8);
            writer.WriteString("index"u8);
            writer.Write(index);
            writer.WriteString("code"u8);
            writer.Write(code);
            writer.WriteString("message"u8);
            writer.Write(message);
            return CopyWritten(ref writer, body);
        }

        var length = 0;
        Put(body, ref length, "{\"type\":\"error\",\"index\":"u8);
        Put(body, ref length, index);
        Put(body, ref length, ",\"code\":\""u8);
        length += Encoding.UTF8.GetBytes(code, body[length..]);
        Put(body, ref length, "\",\"message\":\""u8);
        // A message may quote what was sent. What does not fit is cut off.
        Span<byte> text = stackalloc byte[MaxError];
        Utf8.FromUtf16(message, text, out _, out var count);
        s_plain.Encoder!.EncodeUtf8(text[..count], body[length..Math.Min(body.Length, MaxError)][..^2], out _, out var encoded);
        length += encoded;
        Put(body, ref length, "\"}"u8);
        return length;
    }

    /// <summary>
    /// Writes the errors of a message's events: the first one's members, so that a client that knows only single errors understands it, and
    /// the others' number and beginning.
    /// </summary>
    /// <returns>The number of bytes written.</returns>
    public static int WriteErrors(Span<byte> body, StreamEncoding encoding, RejectionSummary rejections)
    {
        var json = s_json ??= new Utf8JsonWriter(EmptyBuffer(), s_plain);
        json.Reset(EmptyBuffer());
        json.WriteStartObject();
        json.WriteString("type"u8, "error"u8);
        WriteError(json, rejections.First[0]);
        json.WriteNumber("count"u8, rejections.Count);
        json.WriteNumber("lastIndex"u8, rejections.LastIndex);
        json.WriteStartObject("codes"u8);
        for (var error = EventErrorCode.None; (int)error < EventProblem.Kinds; error++)
        {
            if (rejections.CountOf(error) is var count and > 0)
            {
                json.WriteNumber(EventProblem.CodeOf(error), count);
            }
        }

        json.WriteEndObject();
        json.WriteStartArray("errors"u8);
        foreach (var rejection in rejections.First.Take(RejectionSummary.MaxDescribed))
        {
            json.WriteStartObject();
            WriteError(json, rejection);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
        json.Flush();
        var written = encoding == StreamEncoding.MessagePack ? JsonToMessagePack.Convert(s_buffer!.WrittenSpan) : s_buffer!.WrittenSpan;
        written.CopyTo(body);
        return written.Length;
    }

    /// <summary>Writes the framing before a body.</summary>
    /// <returns>The number of bytes written.</returns>
    public static int WriteHeader(Span<byte> header, StreamEncoding encoding, int bodyLength)
    {
        switch (encoding)
        {
            case StreamEncoding.WebSocket:
                return FrameHeader.WriteServer(header, WebSocketOpcode.Text, bodyLength);
            case StreamEncoding.MessagePack:
                BinaryPrimitives.WriteInt32BigEndian(header, bodyLength);
                return sizeof(int);
            default:
                return 0;
        }
    }

    /// <summary>Returns the framing after a body.</summary>
    public static ReadOnlySpan<byte> TrailerOf(StreamEncoding encoding) => encoding == StreamEncoding.Lines ? "\n"u8 : default;

    static void WriteError(Utf8JsonWriter json, (long Index, EventProblem Problem) rejection)
    {
        json.WriteNumber("index"u8, rejection.Index);
        json.WriteString("code"u8, rejection.Problem.Code);
        json.WriteString("message"u8, rejection.Problem.Message);
    }

    static ArrayBufferWriter<byte> EmptyBuffer()
    {
        var buffer = s_buffer ??= new ArrayBufferWriter<byte>(MaxErrors);
        buffer.ResetWrittenCount();
        return buffer;
    }

    static int CopyWritten(ref MessagePackWriter writer, Span<byte> body)
    {
        writer.Flush();
        var written = s_buffer!.WrittenSpan;
        written.CopyTo(body);
        return written.Length;
    }

    static void Put(Span<byte> target, ref int length, ReadOnlySpan<byte> text)
    {
        text.CopyTo(target[length..]);
        length += text.Length;
    }

    static void Put(Span<byte> target, ref int length, long number)
    {
        Utf8Formatter.TryFormat(number, target[length..], out var written);
        length += written;
    }
}
