namespace CartRecovery.Primitives;

/// <summary>Packs ISO 4217 codes into four bytes, first letter lowest.</summary>
public static class CurrencyCode
{
    /// <summary>Packs a code of three letters.</summary>
    public static uint Parse(string code) => (uint)(code[0] | (code[1] << 8) | (code[2] << 16));

    /// <summary>Packs a three-letter code, ignoring case.</summary>
    /// <returns>The packed code; 0 if the text is not a code.</returns>
    public static uint Parse(ReadOnlySpan<byte> code) =>
        code.Length == 3 && char.IsAsciiLetter((char)code[0]) && char.IsAsciiLetter((char)code[1]) && char.IsAsciiLetter((char)code[2])
            ? (uint)((code[0] | (code[1] << 8) | (code[2] << 16)) & 0xdfdfdf)
            : 0;

    /// <summary>Unpacks a code.</summary>
    public static string ToString(uint code) => string.Create(3, code, static (text, packed) =>
    {
        for (var i = 0; i < text.Length; i++)
        {
            text[i] = (char)((packed >> (8 * i)) & 0xff);
        }
    });
}
