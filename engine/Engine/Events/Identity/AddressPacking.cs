namespace CartRecovery.Engine.Events.Identity;

/// <summary>
/// Packs a text of the characters that addresses have into 38 bytes: up to 56 small letters, digits and <c>@.-_+:</c>. A capital letter counts as two.
/// </summary>
/// <remarks>
/// The text is a number in bijective base 43, the most significant symbol first: each text has one number, and each number one text, without a length or padding. The number
/// is stored little-endian. 43^56 &lt; 2^304, with all shorter texts.
/// </remarks>
static class AddressPacking
{
    /// <summary>The bytes of a packed text.</summary>
    public const int Size = 38;

    /// <summary>The most characters that a packed text has.</summary>
    public const int MaxLength = 56;

    const int Radix = 43, Capital = Radix;

    static ReadOnlySpan<byte> Alphabet => "abcdefghijklmnopqrstuvwxyz0123456789@.-_+:"u8;

    /// <summary>Packs a text.</summary>
    /// <param name="text">The text, in UTF-8.</param>
    /// <param name="target">Receives 38 bytes.</param>
    /// <returns><see langword="false"/> if the text is too long or has other characters.</returns>
    public static bool TryPack(ReadOnlySpan<byte> text, Span<byte> target)
    {
        target = target[..Size];
        target.Clear();
        foreach (var c in text)
        {
            var isCapital = char.IsAsciiLetterUpper((char)c);
            var symbol = Alphabet.IndexOf((byte)(isCapital ? c | 0x20 : c)) + 1;
            if (symbol == 0 || (isCapital && !TryAppend(target, Capital)) || !TryAppend(target, symbol))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Restores a packed text.</summary>
    /// <param name="packed">38 bytes. Any bytes are accepted: the caller verifies the text.</param>
    /// <param name="target">Receives up to <see cref="MaxLength"/> bytes.</param>
    /// <returns>The bytes written.</returns>
    public static int Unpack(ReadOnlySpan<byte> packed, Span<byte> target)
    {
        Span<byte> number = stackalloc byte[Size];
        packed[..Size].CopyTo(number);
        Span<byte> symbols = stackalloc byte[MaxLength];
        var count = 0;
        while (number.ContainsAnyExcept((byte)0) && count < symbols.Length)
        {
            symbols[count++] = (byte)RemoveLast(number);
        }

        var length = 0;
        for (var i = count - 1; i >= 0; i--)
        {
            var isCapital = symbols[i] == Capital && i > 0;
            i -= isCapital ? 1 : 0;
            var c = symbols[i] == Capital ? (byte)0 : Alphabet[symbols[i] - 1];
            target[length++] = isCapital && char.IsAsciiLetterLower((char)c) ? (byte)(c & ~0x20) : c;
        }

        return length;
    }

    // number = number * 43 + symbol; false if that has more than 38 bytes.
    static bool TryAppend(Span<byte> number, int symbol)
    {
        var carry = symbol;
        for (var i = 0; i < number.Length; i++)
        {
            carry += number[i] * Radix;
            number[i] = (byte)carry;
            carry >>= 8;
        }

        return carry == 0;
    }

    // Divides by 43 and returns the last symbol, 1 to 43.
    static int RemoveLast(Span<byte> number)
    {
        var rest = 0;
        for (var i = number.Length - 1; i >= 0; i--)
        {
            rest = (rest << 8) | number[i];
            number[i] = (byte)(rest / Radix);
            rest %= Radix;
        }

        if (rest != 0)
        {
            return rest;
        }

        // 0 is no symbol: the last one is 43, and the quotient has one less.
        for (var i = 0; i < number.Length && number[i]-- == 0; i++)
        {
        }

        return Radix;
    }
}
