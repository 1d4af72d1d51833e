using System.Buffers.Binary;
using System.Buffers.Text;
using System.Text;
using CartRecovery.Engine.Events.MessagePack;
using CartRecovery.Engine.Ingest.Streams.WebSocket;

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

    /// <summary>Writes that the first <paramref name="upTo"/> events are done.</summary>
    /// <returns>Bytes written.</returns>
    public static int WriteAck(Span<byte> body, AnswerEncoding encoding, long upTo)
    {
        if (encoding == AnswerEncoding.MessagePack)
        {
            var writer = new MessagePackWriter(body);
            writer.WriteMap(2);
            writer.WriteText("type"u8);
            writer.WriteText("ack"u8);
            writer.WriteText("upTo"u8);
            writer.WriteInteger(upTo);
            return writer.Length;
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
            Span<byte> text = stackalloc byte[MaxBody];
            var writer = new MessagePackWriter(body);
            writer.WriteMap(4);
            writer.WriteText("type"u8);
            writer.WriteText("error"u8);
            writer.WriteText("index"u8);
            writer.WriteInteger(index);
            writer.WriteText("code"u8);
            writer.WriteText(text[..Encoding.UTF8.GetBytes(code, text)]);
            writer.WriteText("message"u8);
            writer.WriteText(text[..Encoding.UTF8.GetBytes(message, text)]);
            return writer.Length;
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
