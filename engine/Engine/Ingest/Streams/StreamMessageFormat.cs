using System.Buffers;
using System.Buffers.Binary;
using System.Buffers.Text;
using System.Text;
using CartRecovery.Engine.Ingest.Streams.WebSocket;
using MessagePack;

namespace CartRecovery.Engine.Ingest.Streams;

/// <summary>The encoding of answers to a client.</summary>
public enum StreamEncoding
{
    /// <summary>JSON, one value per line.</summary>
    Lines,

    /// <summary>JSON, one value per WebSocket text frame.</summary>
    WebSocket,

    /// <summary>MessagePack, each value prefixed by its length: four bytes, big-endian.</summary>
    MessagePack,
}

/// <summary>Writes the answers of a stream and their framing.</summary>
static class StreamMessageFormat
{
    /// <summary>The maximum length of an answer, in bytes.</summary>
    public const int MaxBody = 512;

    /// <summary>The maximum length of a header, in bytes.</summary>
    public const int MaxHeader = FrameHeader.MaxServerLength;

    // Reused buffer for MessagePack; an answer is written whole on one thread.
    [ThreadStatic]
    static ArrayBufferWriter<byte>? s_buffer;

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
            return Take(ref writer, body);
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

    static ArrayBufferWriter<byte> EmptyBuffer()
    {
        var buffer = s_buffer ??= new ArrayBufferWriter<byte>(MaxBody);
        buffer.ResetWrittenCount();
        return buffer;
    }

    static int Take(ref MessagePackWriter writer, Span<byte> body)
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
