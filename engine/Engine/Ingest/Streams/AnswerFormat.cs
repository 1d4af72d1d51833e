using System.Buffers;
using System.Buffers.Binary;
using System.Buffers.Text;
using System.Text;
using CartRecovery.Engine.Ingest.Streams.WebSocket;
using MessagePack;

namespace CartRecovery.Engine.Ingest.Streams;

/// <summary>How what goes back to a client is written.</summary>
public enum AnswerEncoding
{
    /// <summary>JSON, a line each.</summary>
    Lines,

    /// <summary>JSON, a WebSocket text frame each.</summary>
    WebSocket,

    /// <summary>MessagePack, each behind its length in four bytes, the highest first.</summary>
    MessagePack,
}

/// <summary>The answers of a stream, and what goes around them.</summary>
static class AnswerFormat
{
    /// <summary>Bytes of the longest answer.</summary>
    public const int MaxBody = 512;

    /// <summary>Bytes of the longest header.</summary>
    public const int MaxHeader = FrameHeader.MaxServerLength;

    // What MessagePack is written to; an answer is written whole on one thread.
    [ThreadStatic]
    static ArrayBufferWriter<byte>? t_buffer;

    /// <summary>Writes that the first <paramref name="upTo"/> events are done.</summary>
    /// <returns>Bytes written.</returns>
    public static int WriteAck(Span<byte> body, AnswerEncoding encoding, long upTo)
    {
        if (encoding == AnswerEncoding.MessagePack)
        {
            var writer = new MessagePackWriter(EmptyBuffer());
            writer.WriteMapHeader(2);
            writer.WriteString("type"u8);
            writer.WriteString("ack"u8);
            writer.WriteString("upTo"u8);
            writer.Write(upTo);
            return Take(ref writer, body);
        }

        var length = 0;
        Put(body, ref length, "{\"type\":\"ack\",\"upTo\":"u8);
        Put(body, ref length, upTo);
        Put(body, ref length, "}"u8);
        return length;
    }

    /// <summary>Writes that an event was refused.</summary>
    /// <returns>Bytes written.</returns>
    public static int WriteError(Span<byte> body, AnswerEncoding encoding, long index, string code, string message)
    {
        if (encoding == AnswerEncoding.MessagePack)
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
            return Take(ref writer, body);
        }

        var length = 0;
        Put(body, ref length, "{\"type\":\"error\",\"index\":"u8);
        Put(body, ref length, index);
        Put(body, ref length, ",\"code\":\""u8);
        length += Encoding.UTF8.GetBytes(code, body[length..]);
        Put(body, ref length, "\",\"message\":\""u8);
        length += Encoding.UTF8.GetBytes(message, body[length..]);
        Put(body, ref length, "\"}"u8);
        return length;
    }

    /// <summary>Writes what goes before a body.</summary>
    /// <returns>Bytes written.</returns>
    public static int WriteHeader(Span<byte> header, AnswerEncoding encoding, int bodyLength)
    {
        switch (encoding)
        {
            case AnswerEncoding.WebSocket:
                return FrameHeader.WriteServer(header, WebSocketOpcode.Text, bodyLength);
            case AnswerEncoding.MessagePack:
                BinaryPrimitives.WriteInt32BigEndian(header, bodyLength);
                return sizeof(int);
            default:
                return 0;
        }
    }

    /// <summary>What goes behind a body.</summary>
    public static ReadOnlySpan<byte> TrailerOf(AnswerEncoding encoding) => encoding == AnswerEncoding.Lines ? "\n"u8 : default;

    static ArrayBufferWriter<byte> EmptyBuffer()
    {
        var buffer = t_buffer ??= new ArrayBufferWriter<byte>(MaxBody);
        buffer.ResetWrittenCount();
        return buffer;
    }

    static int Take(ref MessagePackWriter writer, Span<byte> body)
    {
        writer.Flush();
        var written = t_buffer!.WrittenSpan;
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
