using System.Buffers.Binary;
using System.Text.Unicode;

namespace CartRecovery.Engine.Events.MessagePack;

/// <summary>Looks at texts eight bytes at a time: most are short, and most are ASCII.</summary>
static class PlainText
{
    const ulong Ones = 0x0101010101010101;
    const ulong HighBits = 0x8080808080808080;

    /// <summary>It is UTF-8.</summary>
    public static bool IsUtf8(ReadOnlySpan<byte> text)
    {
        var bits = 0UL;
        var rest = text;
        while (rest.Length >= sizeof(ulong))
        {
            bits |= BinaryPrimitives.ReadUInt64LittleEndian(rest);
            rest = rest[sizeof(ulong)..];
        }

        return ((bits | LastBytes(rest)) & HighBits) == 0 || Utf8.IsValid(text);
    }

    /// <summary>It is ASCII, and stands in a JSON string as it is.</summary>
    public static bool IsPlain(ReadOnlySpan<byte> text)
    {
        var odd = 0UL;
        while (text.Length >= sizeof(ulong))
        {
            odd |= OddBytes(BinaryPrimitives.ReadUInt64LittleEndian(text));
            text = text[sizeof(ulong)..];
        }

        // Where a text has no byte more, a letter stands.
        return text.IsEmpty ? (odd & HighBits) == 0
            : ((odd | OddBytes(LastBytes(text) | ((Ones * 'a') << (text.Length * 8)))) & HighBits) == 0;
    }

    // Marks the high bit of bytes that are not ASCII, below a space, a quote or a backslash; and never one if none is.
    static ulong OddBytes(ulong bytes) =>
        bytes | (bytes - (Ones * ' ')) | IsZero(bytes ^ (Ones * '"')) | IsZero(bytes ^ (Ones * '\\'));

    // Exact while no byte has its high bit; where one has, the text is odd anyway.
    static ulong IsZero(ulong bytes) => (bytes - Ones) & ~bytes;

    // Up to seven bytes, the first one lowest, zero behind them.
    static ulong LastBytes(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length >= 4)
        {
            return BinaryPrimitives.ReadUInt32LittleEndian(bytes)
                | ((ulong)BinaryPrimitives.ReadUInt32LittleEndian(bytes[^4..]) << ((bytes.Length - 4) * 8));
        }

        if (bytes.IsEmpty)
        {
            return 0;
        }

        return bytes[0] | ((ulong)bytes[bytes.Length >> 1] << ((bytes.Length >> 1) * 8)) | ((ulong)bytes[^1] << ((bytes.Length - 1) * 8));
    }
}
