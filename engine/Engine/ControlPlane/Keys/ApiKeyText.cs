using System.Security.Cryptography;
using System.Text;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.ControlPlane.Keys;

/// <summary>
/// Creates and checks the texts of keys: <c>sk_</c> or <c>pk_</c>, 43 random letters and digits (256 bits), and six with the CRC-32C of all
/// before them. The checksum lets scanners of source code recognise a leaked key.
/// </summary>
public static class ApiKeyText
{
    /// <summary>A pattern for scanners. A match is a key if <see cref="IsWellFormed"/> returns <see langword="true"/>.</summary>
    public const string Pattern = @"\b[ps]k_[0-9A-Za-z]{49}\b";

    const string Alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

    // 62^43 > 2^256, and 62^6 > 2^32.
    const int Prefix = 3, Random = 43, Checksum = 6;

    // Tells keys apart, and reveals 24 of the 256 bits.
    const int HintLength = Prefix + 4;

    /// <summary>Creates a random key.</summary>
    public static string New(KeyKind kind)
    {
        var body = (kind == KeyKind.Secret ? "sk_" : "pk_") + RandomNumberGenerator.GetString(Alphabet, Random);
        return body + ChecksumOf(body);
    }

    /// <summary>Returns whether a text has the form of a key, and the right checksum.</summary>
    public static bool IsWellFormed(string text) => text.Length == Prefix + Random + Checksum && text[..Prefix] is "sk_" or "pk_"
        && !text.AsSpan(Prefix).ContainsAnyExcept(Alphabet) && text.AsSpan(^Checksum..).SequenceEqual(ChecksumOf(text[..^Checksum]));

    /// <summary>Returns the first characters of a key, which tell it apart from others.</summary>
    public static string HintOf(string key) => key[..HintLength];

    static string ChecksumOf(string body)
    {
        var crc = Crc32C.Of(Encoding.ASCII.GetBytes(body));
        Span<char> digits = stackalloc char[Checksum];
        for (var i = Checksum - 1; i >= 0; i--)
        {
            (crc, var digit) = Math.DivRem(crc, (uint)Alphabet.Length);
            digits[i] = Alphabet[(int)digit];
        }

        return new string(digits);
    }
}
