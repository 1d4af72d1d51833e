using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace CartRecovery.Engine.Events.Json;

/// <summary>
/// Reads JSON tokens in their common form. Each method returns the offset after the token, or <see cref="None"/> for anything else, valid
/// or not.
/// </summary>
static class JsonTokens
{
    public const int None = -1;

    /// <summary>A double and a long represent every number of this many digits exactly.</summary>
    public const int MaxDigits = 15;

    /// <summary>Skips white space.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int SkipSpace(ReadOnlySpan<byte> json, int at) => (uint)at < (uint)json.Length && json[at] > ' ' ? at : SkipSpaces(json, at);

    static int SkipSpaces(ReadOnlySpan<byte> json, int at)
    {
        while (at < json.Length && json[at] is (byte)' ' or (byte)'\n' or (byte)'\r' or (byte)'\t')
        {
            at++;
        }

        return at;
    }

    /// <summary>Finds the quote that ends a string without escapes.</summary>
    /// <param name="json">Valid UTF-8.</param>
    /// <param name="at">The offset after the opening quote.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int EndOfString(ReadOnlySpan<byte> json, int at)
    {
        // Most strings are short.
        if (json.Length - at >= Vector128<byte>.Count)
        {
            var special = SpecialIn(json, at);
            if (special != 0)
            {
                at += BitOperations.TrailingZeroCount(special);
                return json[at] == '"' ? at : None;
            }

            at += Vector128<byte>.Count;
        }

        return EndOfLongString(json, at);
    }

    static int EndOfLongString(ReadOnlySpan<byte> json, int at)
    {
        while (json.Length - at >= Vector128<byte>.Count)
        {
            var special = SpecialIn(json, at);
            if (special != 0)
            {
                at += BitOperations.TrailingZeroCount(special);
                return json[at] == '"' ? at : None;
            }

            at += Vector128<byte>.Count;
        }

        for (; at < json.Length; at++)
        {
            if (json[at] == '"')
            {
                return at;
            }

            if (json[at] is (byte)'\\' or < (byte)' ')
            {
                return None;
            }
        }

        return None;
    }

    // Returns a bit for each of the next 16 bytes that is not plain text.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static uint SpecialIn(ReadOnlySpan<byte> json, int at)
    {
        var bytes = Vector128.Create(json.Slice(at, Vector128<byte>.Count));
        return (Vector128.Equals(bytes, Vector128.Create((byte)'"')) | Vector128.Equals(bytes, Vector128.Create((byte)'\\'))
            | Vector128.LessThan(bytes, Vector128.Create((byte)' '))).ExtractMostSignificantBits();
    }

    /// <summary>Finds the end of a number without exponent, or of true, false or null.</summary>
    public static int EndOfPlain(ReadOnlySpan<byte> json, int at)
    {
        if (json[at] is (byte)'t' or (byte)'f' or (byte)'n')
        {
            return EndOfLiteral(json, at);
        }

        var end = ReadDigits(json, json[at] == '-' ? at + 1 : at, out _);
        if (end > 0 && end < json.Length && json[end] == '.')
        {
            var from = ++end;
            while (end < json.Length && (uint)(json[end] - '0') <= 9)
            {
                end++;
            }

            end = end == from ? None : end;
        }

        return end > 0 && end < json.Length && IsEndOfNumber(json, end) ? end : None;
    }

    /// <summary>Finds the end of true, false or null.</summary>
    public static int EndOfLiteral(ReadOnlySpan<byte> json, int at)
    {
        var rest = json[at..];
        var length = rest.StartsWith("null"u8) || rest.StartsWith("true"u8) ? 4 : rest.StartsWith("false"u8) ? 5 : 0;
        return length > 0 && length < rest.Length && IsEndOfNumber(json, at + length) ? at + length : None;
    }

    /// <summary>Reads up to <see cref="MaxDigits"/> digits without a leading zero.</summary>
    /// <returns>The offset after the digits, which is within the text.</returns>
    public static int ReadDigits(ReadOnlySpan<byte> json, int at, out long value)
    {
        var from = at;
        value = 0;
        if (json.Length - at >= sizeof(ulong) && TryReadEight(BinaryPrimitives.ReadUInt64LittleEndian(json[at..]), out var eight))
        {
            value = eight;
            at += sizeof(ulong);
        }

        for (; at < json.Length && (uint)(json[at] - '0') <= 9; at++)
        {
            if (at - from == MaxDigits)
            {
                return None;
            }

            value = (value * 10) + (json[at] - '0');
        }

        return at == from || at == json.Length || (json[from] == '0' && at - from > 1) ? None : at;
    }

    // Parses eight digits at once (Daniel Lemire, "Quickly parsing eight digits", 2018), combining neighbours by multiplication.
    static bool TryReadEight(ulong text, out long value)
    {
        value = 0;
        if ((((text + 0x4646464646464646) | (text - 0x3030303030303030)) & 0x8080808080808080) != 0)
        {
            return false;
        }

        text -= 0x3030303030303030;
        text = (text * 10) + (text >> 8);
        value = (long)((((text & 0x000000FF000000FF) * 0x000F424000000064) + (((text >> 16) & 0x000000FF000000FF) * 0x0000271000000001)) >> 32);
        return true;
    }

    /// <summary>Returns whether a byte may follow a number in an object.</summary>
    public static bool IsEndOfNumber(ReadOnlySpan<byte> json, int at) => json[at] is (byte)',' or (byte)'}' or (byte)' ' or (byte)'\n' or (byte)'\r' or (byte)'\t';
}
