using System.Buffers.Binary;
using System.Text.Unicode;

namespace CartRecovery.Engine.Events.MessagePack;

/// <summary>Classifies texts eight bytes at a time; most are short ASCII.</summary>
static class PlainText
{
    const ulong Ones = 0x0101010101010101;
    const ulong HighBits = 0x8080808080808080;

    /// <summary>Returns whether the text is valid UTF-8.</summary>
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

    /// <summary>Returns whether the text is ASCII that needs no escaping in JSON.</summary>
    public static bool IsPlain(ReadOnlySpan<byte> text)
    {
        var odd = 0UL;
        while (text.Length >= sizeof(ulong))
        {
            odd |= SpecialBytes(BinaryPrimitives.ReadUInt64LittleEndian(text));
            text = text[sizeof(ulong)..];
        }

        // Missing bytes are replaced by a letter.
        return text.IsEmpty ? (odd & HighBits) == 0
            : ((odd | SpecialBytes(LastBytes(text) | ((Ones * 'a') << (text.Length * 8)))) & HighBits) == 0;
    }

    // Marks the high bit of bytes that are not ASCII, control characters, quotes or backslashes; zero if there is none.
    static ulong SpecialBytes(ulong bytes) =>
        bytes | (bytes - (Ones * ' ')) | IsZero(bytes ^ (Ones * '"')) | IsZero(bytes ^ (Ones * '\\'));

    // Exact while no byte has its high bit set; otherwise the text is not plain anyway.
    static ulong IsZero(ulong bytes) => (bytes - Ones) & ~bytes;

    // Reads up to seven bytes, the first lowest, zero-padded.
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
