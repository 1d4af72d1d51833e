namespace CartRecovery.Primitives;

/// <summary>Packs ISO 4217 codes into four bytes, first letter lowest.</summary>
public static class CurrencyCode
{
    /// <summary>
    /// The codes of ISO 4217 (amendment 177) that money is paid in, with those that were withdrawn since 2022 and are still in use in data.
    /// Without metals, units of account and codes for tests.
    /// </summary>
    public static IReadOnlySet<string> Known { get; } = (
        "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CLF "
        + "CLP CNY COP CRC CUC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HRK "
        + "HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA "
        + "MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB "
        + "RWF SAR SBD SCR SDG SEK SGD SHP SLE SLL SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD "
        + "UYI UYU UYW UZS VED VES VND VUV WST XAF XCD XCG XOF XPF YER ZAR ZMW ZWG ZWL")
        .Split(' ').ToHashSet(StringComparer.Ordinal);

    /// <summary>Packs a three-letter code, ignoring case.</summary>
    /// <returns>The packed code; 0 if the text is not a code.</returns>
    public static uint Parse(string code) =>
        code.Length == 3 && char.IsAsciiLetter(code[0]) && char.IsAsciiLetter(code[1]) && char.IsAsciiLetter(code[2])
            ? (uint)((code[0] | (code[1] << 8) | (code[2] << 16)) & 0xdfdfdf)
            : 0;

    /// <inheritdoc cref="Parse(string)"/>
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
