using System.Numerics;
using System.Runtime.Intrinsics;
using System.Text;

namespace CartRecovery.Host.Logs;

/// <summary>
/// Finds an ASCII text in ASCII bytes, whatever its case: compares the first and the last letter of 32 places at once, and the rest where both fit
/// (Muła, "SIMD-friendly algorithms for substring searching").
/// </summary>
sealed class AsciiWord
{
    const byte CaseBit = 0x20;

    readonly byte[] _text;
    readonly Vector256<byte> _first, _firstCase, _last, _lastCase;

    AsciiWord(string text)
    {
        _text = Encoding.ASCII.GetBytes(text.ToLowerInvariant());
        (_first, _firstCase) = (Vector256.Create(_text[0]), Vector256.Create(CaseOf(_text[0])));
        (_last, _lastCase) = (Vector256.Create(_text[^1]), Vector256.Create(CaseOf(_text[^1])));
    }

    /// <summary>Creates the search for a text; <see langword="null"/> if it is empty or not ASCII.</summary>
    public static AsciiWord? Of(string text) => text.Length > 0 && Ascii.IsValid(text) ? new AsciiWord(text) : null;

    /// <summary>Returns whether the text is part of a line.</summary>
    public bool IsIn(ReadOnlySpan<byte> line)
    {
        var places = line.Length - _text.Length + 1;
        var at = 0;
        for (; at + Vector256<byte>.Count <= places; at += Vector256<byte>.Count)
        {
            var first = Vector256.Create(line[at..]) | _firstCase;
            var last = Vector256.Create(line[(at + _text.Length - 1)..]) | _lastCase;
            for (var found = (Vector256.Equals(first, _first) & Vector256.Equals(last, _last)).ExtractMostSignificantBits();
                found != 0; found &= found - 1)
            {
                if (IsAt(line, at + BitOperations.TrailingZeroCount(found)))
                {
                    return true;
                }
            }
        }

        for (; at < places; at++)
        {
            if (IsAt(line, at))
            {
                return true;
            }
        }

        return false;
    }

    bool IsAt(ReadOnlySpan<byte> line, int at) => Ascii.EqualsIgnoreCase(line.Slice(at, _text.Length), _text);

    static byte CaseOf(byte letter) => char.IsAsciiLetter((char)letter) ? CaseBit : (byte)0;
}
