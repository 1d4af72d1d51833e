using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using CartRecovery.Engine.ControlPlane.Database;
using CartRecovery.Engine.Events.Identity;

namespace CartRecovery.Host.Api.Personal;

/// <summary>
/// Encrypts the ids of customers and carts for callers who may not see them. An id always has the same masked id in a store, so that rows
/// of one customer can be correlated; requests accept masked ids. AES-256-GCM with an HMAC of the id as the nonce, as in synthetic-nonce
/// modes (RFC 8452). The store and the kind are associated data. Ids are padded to multiples of 16 bytes, which hides most of their length.
/// Thread-safe.
/// </summary>
/// <param name="database">Derives the keys, which all engines that share the database have in common.</param>
sealed class MaskedIds(ControlDatabase database)
{
    /// <summary>The prefix of masked ids.</summary>
    public const string Prefix = "masked.";

    const int NonceSize = MaskedIdText.NonceSize, TagSize = MaskedIdText.TagSize, Block = MaskedIdText.Block;

    // Marks the end of the id before the zero padding (ISO/IEC 7816-4).
    const byte End = 0x80;

    readonly Lazy<(byte[] Sealing, byte[] Nonces)> _keys = new(() => (database.Keys.Derive("masked ids"), database.Keys.Derive("masked ids nonces")));

    /// <summary>Masks an id.</summary>
    /// <param name="store">The store's id.</param>
    /// <param name="kind">The kind of id.</param>
    /// <param name="id">The id.</param>
    public string Mask(string store, PersonalIdKind kind, string id)
    {
        var length = Encoding.UTF8.GetByteCount(id);
        var plain = new byte[((length / Block) + 1) * Block];
        Encoding.UTF8.GetBytes(id, plain);
        plain[length] = End;
        var context = ContextOf(store, kind);
        var bytes = new byte[NonceSize + TagSize + plain.Length];
        HMACSHA256.HashData(_keys.Value.Nonces, (byte[])[.. context, 0, .. plain]).AsSpan(0, NonceSize).CopyTo(bytes);
        using var cipher = new AesGcm(_keys.Value.Sealing, TagSize);
        cipher.Encrypt(bytes.AsSpan(0, NonceSize), plain, bytes.AsSpan(NonceSize + TagSize), bytes.AsSpan(NonceSize, TagSize), context);
        return Prefix + Base64Url.EncodeToString(bytes);
    }

    /// <summary>Unmasks an id; returns <see langword="null"/> if the text is not a masked id of the store and the kind.</summary>
    /// <param name="store">The store's id.</param>
    /// <param name="kind">The kind of id.</param>
    /// <param name="text">The masked id.</param>
    public string? Open(string store, PersonalIdKind kind, string text)
    {
        if (!MaskedIdText.IsMasked(text.AsSpan()))
        {
            return null;
        }

        var bytes = Base64Url.DecodeFromChars(text.AsSpan(Prefix.Length));
        var plain = new byte[bytes.Length - NonceSize - TagSize];
        using var cipher = new AesGcm(_keys.Value.Sealing, TagSize);
        try
        {
            cipher.Decrypt(bytes.AsSpan(0, NonceSize), bytes.AsSpan(NonceSize + TagSize), bytes.AsSpan(NonceSize, TagSize), plain, ContextOf(store, kind));
            return Encoding.UTF8.GetString(plain, 0, plain.AsSpan().LastIndexOf(End));
        }
        catch (AuthenticationTagMismatchException)
        {
            return null;
        }
    }

    static byte[] ContextOf(string store, PersonalIdKind kind) => Encoding.UTF8.GetBytes($"{store}\0{(kind == PersonalIdKind.Cart ? "cart" : "customer")}");
}
