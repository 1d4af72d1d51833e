using System.Buffers.Binary;
using System.Buffers.Text;
using System.Text;
using Geralt;

namespace CartRecovery.Engine.ControlPlane.Tokens;

/// <summary>
/// Signs and verifies PASETO v4.public tokens (https://github.com/paseto-standard/paseto-spec): a message signed with Ed25519. The header
/// fixes the algorithm; a token cannot choose one.
/// </summary>
public static class Paseto
{
    /// <summary>The header of every token.</summary>
    public const string Header = "v4.public.";

    /// <summary>Maximum length of a token, in characters.</summary>
    public const int MaxLength = 4096;

    /// <summary>Length of a public key, in bytes.</summary>
    public const int PublicKeySize = 32;

    /// <summary>Length of a private key, in bytes: the seed followed by the public key.</summary>
    public const int PrivateKeySize = 64;

    const int SignatureSize = 64;

    /// <summary>Signs a message.</summary>
    /// <param name="message">The message, JSON.</param>
    /// <param name="privateKey">The private key.</param>
    /// <param name="footer">The footer: signed, but not encrypted.</param>
    /// <param name="implicitAssertion">Signed data that is not in the token; the verifier must know it.</param>
    public static string Sign(ReadOnlySpan<byte> message, ReadOnlySpan<byte> privateKey, ReadOnlySpan<byte> footer, ReadOnlySpan<byte> implicitAssertion)
    {
        var body = new byte[message.Length + SignatureSize];
        message.CopyTo(body);
        Ed25519.Sign(body.AsSpan(message.Length), Encode(Header, message.ToArray(), footer.ToArray(), implicitAssertion.ToArray()), privateKey);
        return footer.IsEmpty ? $"{Header}{Base64Url.EncodeToString(body)}" : $"{Header}{Base64Url.EncodeToString(body)}.{Base64Url.EncodeToString(footer)}";
    }

    /// <summary>Reads a token's footer without verifying it, to find the key.</summary>
    /// <param name="token">The token.</param>
    /// <param name="maxLength">Maximum length of the token, in characters.</param>
    /// <returns>The footer; <see langword="null"/> if the text is not a token.</returns>
    public static byte[]? FooterOf(string token, int maxLength = MaxLength) => TryParse(token, Header, out _, out var footer, maxLength) ? footer : null;

    /// <summary>Verifies a token.</summary>
    /// <param name="token">The token.</param>
    /// <param name="publicKey">The public key.</param>
    /// <param name="implicitAssertion">The implicit assertion that the token was signed with.</param>
    /// <param name="maxLength">Maximum length of the token, in characters.</param>
    /// <returns>The message; <see langword="null"/> if the signature is invalid.</returns>
    public static byte[]? Verify(string token, ReadOnlySpan<byte> publicKey, ReadOnlySpan<byte> implicitAssertion, int maxLength = MaxLength)
    {
        if (!TryParse(token, Header, out var body, out var footer, maxLength) || body.Length < SignatureSize)
        {
            return null;
        }

        var message = body.AsSpan(0, body.Length - SignatureSize);
        return Ed25519.Verify(body.AsSpan(message.Length), Encode(Header, message.ToArray(), footer.ToArray(), implicitAssertion.ToArray()), publicKey) ? message.ToArray() : null;
    }

    /// <summary>Creates a key pair.</summary>
    public static (byte[] Public, byte[] Private) MakeKeys()
    {
        var (publicKey, privateKey) = (new byte[PublicKeySize], new byte[PrivateKeySize]);
        Ed25519.GenerateKeyPair(publicKey, privateKey);
        return (publicKey, privateKey);
    }

    internal static bool TryParse(string token, string header, out byte[] body, out byte[] footer, int maxLength = MaxLength)
    {
        (body, footer) = ([], []);
        if (token.Length > maxLength || !token.StartsWith(header, StringComparison.Ordinal))
        {
            return false;
        }

        var parts = token[header.Length..].Split('.');
        return parts.Length is 1 or 2 && Base64UrlText.TryDecode(parts[0], out body) && (parts.Length == 1 || (parts[1].Length > 0 && Base64UrlText.TryDecode(parts[1], out footer)));
    }

    // Pre-authentication encoding (PAE) of the specification: the number of parts, then each part prefixed with its length.
    internal static byte[] Encode(string header, params ReadOnlySpan<byte[]> parts)
    {
        var head = Encoding.ASCII.GetBytes(header);
        var length = sizeof(ulong) * (parts.Length + 2) + head.Length;
        foreach (var part in parts)
        {
            length += part.Length;
        }

        var encoded = new byte[length];
        BinaryPrimitives.WriteUInt64LittleEndian(encoded, (ulong)parts.Length + 1);
        var rest = Append(encoded.AsSpan(sizeof(ulong)), head);
        foreach (var part in parts)
        {
            rest = Append(rest, part);
        }

        return encoded;
    }

    static Span<byte> Append(Span<byte> target, ReadOnlySpan<byte> part)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(target, (ulong)part.Length);
        part.CopyTo(target[sizeof(ulong)..]);
        return target[(sizeof(ulong) + part.Length)..];
    }
}
