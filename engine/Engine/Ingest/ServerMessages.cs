using System.Buffers.Text;
using System.Text;

namespace CartRecovery.Engine.Ingest;

/// <summary>The engine's own JSON messages on a stream, written without an allocation.</summary>
static class ServerMessages
{
    /// <summary>Room for any of them.</summary>
    public const int MaxLength = 512;

    /// <summary>The first so many events are done.</summary>
    /// <returns>Its length.</returns>
    public static int Ack(Span<byte> target, long upTo)
    {
        var length = 0;
        Put(target, ref length, "{\"type\":\"ack\",\"upTo\":"u8);
        Put(target, ref length, upTo);
        Put(target, ref length, "}"u8);
        return length;
    }

    /// <summary>An event was refused.</summary>
    /// <returns>Its length.</returns>
    public static int Error(Span<byte> target, long index, string code, string message)
    {
        var length = 0;
        Put(target, ref length, "{\"type\":\"error\",\"index\":"u8);
        Put(target, ref length, index);
        Put(target, ref length, ",\"code\":\""u8);
        length += Encoding.UTF8.GetBytes(code, target[length..]);
        Put(target, ref length, "\",\"message\":\""u8);
        length += Encoding.UTF8.GetBytes(message, target[length..]);
        Put(target, ref length, "\"}"u8);
        return length;
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
