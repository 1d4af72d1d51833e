namespace CartRecovery.Engine.Events;

/// <summary>ISO 4217 codes in four bytes: the first letter lowest.</summary>
public static class CurrencyCode
{
    /// <summary>Packs a code of three letters.</summary>
    public static uint Parse(string code) => (uint)(code[0] | (code[1] << 8) | (code[2] << 16));

    /// <summary>The code's letters.</summary>
    public static string ToString(uint code) => string.Create(3, code, static (text, packed) =>
    {
        for (var i = 0; i < text.Length; i++)
        {
            text[i] = (char)((packed >> (8 * i)) & 0xff);
        }
    });
}
