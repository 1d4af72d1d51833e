using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Geralt;

namespace CartRecovery.Engine.ControlPlane.Tokens;

/// <summary>
/// Encrypts and decrypts PASETO v4.local tokens (https://github.com/paseto-standard/paseto-spec): XChaCha20 with keyed BLAKE2b. The holder
/// of a token can neither read nor change it.
/// </summary>
public static class PasetoLocal
{
    /// <summary>The header of every token.</summary>
    public const string Header = "v4.local.";

    /// <summary>Length of a key, in bytes.</summary>
    public const int KeySize = 32;

    const int NonceSize = 32, TagSize = 32, SplitSize = 56;

    /// <summary>Encrypts a message.</summary>
    /// <param name="message">The message.</param>
    /// <param name="key">The key.</param>
    /// <param name="footer">Authenticated data in the token, not encrypted.</param>
    /// <param name="implicitAssertion">Authenticated data that is not in the token.</param>
    public static string Encrypt(ReadOnlySpan<byte> message, ReadOnlySpan<byte> key, ReadOnlySpan<byte> footer, ReadOnlySpan<byte> implicitAssertion) =>
        Encrypt(message, key, footer, implicitAssertion, RandomNumberGenerator.GetBytes(NonceSize));

    /// <summary>Encrypts a message with a given nonce, for the test vectors.</summary>
    internal static string Encrypt(
        ReadOnlySpan<byte> message, ReadOnlySpan<byte> key, ReadOnlySpan<byte> footer, ReadOnlySpan<byte> implicitAssertion, ReadOnlySpan<byte> nonce)
    {
        var body = new byte[NonceSize + message.Length + TagSize];
        nonce.CopyTo(body);
        var text = body.AsSpan(NonceSize, message.Length);
        Span<byte> split = stackalloc byte[SplitSize];
        Derive(split, "paseto-encryption-key", nonce, key);
        XChaCha20.Encrypt(text, message, split[32..], split[..32]);
        Authenticate(body.AsSpan(NonceSize + message.Length), text, key, footer, implicitAssertion, nonce);
        return footer.IsEmpty ? $"{Header}{Base64Url.EncodeToString(body)}" : $"{Header}{Base64Url.EncodeToString(body)}.{Base64Url.EncodeToString(footer)}";
    }

    /// <summary>Decrypts a token.</summary>
    /// <param name="token">The token.</param>
    /// <param name="key">The key.</param>
    /// <param name="implicitAssertion">The implicit assertion that the token was encrypted with.</param>
    /// <returns>The message; <see langword="null"/> if authentication fails.</returns>
    public static byte[]? Decrypt(string token, ReadOnlySpan<byte> key, ReadOnlySpan<byte> implicitAssertion)
    {
        if (!Paseto.TryParse(token, Header, out var body, out var footer) || body.Length < NonceSize + TagSize)
        {
            return null;
        }

        var nonce = body.AsSpan(0, NonceSize);
        var text = body.AsSpan(NonceSize, body.Length - NonceSize - TagSize);
        Span<byte> tag = stackalloc byte[TagSize];
        Authenticate(tag, text, key, footer, implicitAssertion, nonce);
        if (!CryptographicOperations.FixedTimeEquals(tag, body.AsSpan(body.Length - TagSize)))
        {
            return null;
        }

        Span<byte> split = stackalloc byte[SplitSize];
        Derive(split, "paseto-encryption-key", nonce, key);
        var message = new byte[text.Length];
        XChaCha20.Decrypt(message, text, split[32..], split[..32]);
        return message;
    }

    static void Authenticate(
        Span<byte> tag, ReadOnlySpan<byte> text, ReadOnlySpan<byte> key, ReadOnlySpan<byte> footer, ReadOnlySpan<byte> implicitAssertion, ReadOnlySpan<byte> nonce)
    {
        Span<byte> authentication = stackalloc byte[32];
        Derive(authentication, "paseto-auth-key-for-aead", nonce, key);
        BLAKE2b.ComputeTag(tag, Paseto.Encode(Header, [nonce.ToArray(), text.ToArray(), footer.ToArray(), implicitAssertion.ToArray()]), authentication);
    }

    static void Derive(Span<byte> derived, string purpose, ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> key) =>
        BLAKE2b.ComputeTag(derived, [.. Encoding.ASCII.GetBytes(purpose), .. nonce], key);
}
