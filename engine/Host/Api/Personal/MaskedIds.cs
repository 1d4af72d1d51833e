using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using CartRecovery.Engine.ControlPlane.Database;

namespace CartRecovery.Host.Api.Personal;

/// <summary>
/// Encrypts the ids of customers and carts for those who may not see them. An id of a store always has the same masked id, so that rows can be told to be
/// one customer's; requests may name a customer or a cart by it. AES-256-GCM whose nonce is an HMAC of the id, as in the modes with a
/// synthetic nonce (RFC 8452).
/// </summary>
/// <param name="database">Derives the keys, the same in all engines that share it.</param>
sealed class MaskedIds(ControlDatabase database)
{
    /// <summary>What masked ids begin with.</summary>
    public const string Prefix = "masked.";

    const int NonceSize = 12, TagSize = 16;

    readonly Lazy<(byte[] Sealing, byte[] Nonces)> _keys = new(() => (database.Keys.Derive("masked ids"), database.Keys.Derive("masked ids nonces")));

    /// <summary>Masks an id.</summary>
    /// <param name="store">The store's id.</param>
    /// <param name="id">The id.</param>
    public string Mask(string store, string id)
    {
        var (plain, context) = (Encoding.UTF8.GetBytes(id), Encoding.UTF8.GetBytes(store));
        var bytes = new byte[NonceSize + TagSize + plain.Length];
        HMACSHA256.HashData(_keys.Value.Nonces, (byte[])[.. context, 0, .. plain]).AsSpan(0, NonceSize).CopyTo(bytes);
        using var cipher = new AesGcm(_keys.Value.Sealing, TagSize);
        cipher.Encrypt(bytes.AsSpan(0, NonceSize), plain, bytes.AsSpan(NonceSize + TagSize), bytes.AsSpan(NonceSize, TagSize), context);
        return Prefix + Base64Url.EncodeToString(bytes);
    }

    /// <summary>Returns the id behind a masked id of the store; any other text as it is.</summary>
    /// <param name="store">The store's id.</param>
    /// <param name="text">The text.</param>
    public string Open(string store, string text)
    {
        if (!text.StartsWith(Prefix, StringComparison.Ordinal) || !Base64Url.IsValid(text.AsSpan(Prefix.Length), out var length) || length < NonceSize + TagSize)
        {
            return text;
        }

        var bytes = Base64Url.DecodeFromChars(text.AsSpan(Prefix.Length));
        var plain = new byte[bytes.Length - NonceSize - TagSize];
        using var cipher = new AesGcm(_keys.Value.Sealing, TagSize);
        try
        {
            cipher.Decrypt(bytes.AsSpan(0, NonceSize), bytes.AsSpan(NonceSize + TagSize), bytes.AsSpan(NonceSize, TagSize), plain, Encoding.UTF8.GetBytes(store));
            return Encoding.UTF8.GetString(plain);
        }
        catch (AuthenticationTagMismatchException)
        {
            return text;
        }
    }
}
