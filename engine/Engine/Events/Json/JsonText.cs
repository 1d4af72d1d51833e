using System.Buffers.Text;
using System.Text;

namespace CartRecovery.Engine.Events.Json;

/// <summary>Unescapes JSON strings. Never allocates or throws, whatever the input.</summary>
static class JsonText
{
    /// <summary>The text does not fit the target.</summary>
    public const int TooLong = -1;

    /// <summary>An escape is an unpaired surrogate, which has no UTF-8.</summary>
    public const int HalfCharacter = -2;

    /// <summary>Unescapes a string to UTF-8.</summary>
    /// <param name="raw">The text between the quotes; a reader has checked its escapes.</param>
    /// <param name="target">Receives the text.</param>
    /// <returns>The bytes written, <see cref="TooLong"/> or <see cref="HalfCharacter"/>.</returns>
    public static int Unescape(ReadOnlySpan<byte> raw, Span<byte> target)
    {
        var length = 0;
        while (raw.Length > 0)
        {
            int written;
            if (raw[0] != '\\')
            {
                var escape = raw.IndexOf((byte)'\\');
                written = escape < 0 ? raw.Length : escape;
                if (!raw[..written].TryCopyTo(target[length..]))
                {
                    return TooLong;
                }

                raw = raw[written..];
            }
            else if (!TryReadRune(ref raw, out var rune))
            {
                return HalfCharacter;
            }
            else if (!rune.TryEncodeToUtf8(target[length..], out written))
            {
                return TooLong;
            }

            length += written;
        }

        return length;
    }

    static bool TryReadRune(ref ReadOnlySpan<byte> raw, out Rune rune)
    {
        var kind = raw[1];
        if (kind != 'u')
        {
            rune = new Rune(kind switch
            {
                (byte)'b' => '\b',
                (byte)'f' => '\f',
                (byte)'n' => '\n',
                (byte)'r' => '\r',
                (byte)'t' => '\t',
                _ => (char)kind,
            });
            raw = raw[2..];
            return true;
        }

        var unit = ReadUnit(ref raw);
        return char.IsHighSurrogate(unit) && raw is [(byte)'\\', (byte)'u', ..]
            ? Rune.TryCreate(unit, ReadUnit(ref raw), out rune)
            : Rune.TryCreate(unit, out rune);
    }

    static char ReadUnit(ref ReadOnlySpan<byte> raw)
    {
        Utf8Parser.TryParse(raw.Slice(2, 4), out ushort unit, out _, 'x');
        raw = raw[6..];
        return (char)unit;
    }
}
