using System.Buffers;
using System.Buffers.Binary;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace CartRecovery.Engine.Journeys.Tracking;

/// <summary>What a link permits. The numbers are in links already sent and never change.</summary>
public enum LinkKind : byte
{
    /// <summary>Restores the shopper's cart; counts as a click.</summary>
    Restore = 1,

    /// <summary>Unsubscribes the recipient.</summary>
    Unsubscribe = 2,

    /// <summary>Records that the message was opened.</summary>
    Open = 3,

    /// <summary>Shows the shop what is in the cart; the shopper's browser passes it on.</summary>
    Cart = 4,

    /// <summary>Confirms the address that a browser named; its message is the key of the address, in hexadecimal.</summary>
    Confirm = 5,
}

/// <summary>The content of a link.</summary>
/// <param name="Kind">What it permits.</param>
/// <param name="Intervention">The message it belongs to.</param>
/// <param name="StoreId">The store.</param>
/// <param name="CartId">The only cart it is valid for.</param>
/// <param name="ExpiresAt">When it expires (ms since 1970 UTC).</param>
public sealed record SignedLink(LinkKind Kind, string Intervention, string StoreId, string CartId, long ExpiresAt);

/// <summary>
/// Signs and verifies links: the content and its HMAC-SHA256 (RFC 2104) truncated to 128 bits, in base64url. A link grants what it says to
/// its holder, for one cart of one store.
/// </summary>
public sealed class LinkSigner
{
    const int MacLength = 16, Fixed = 1 + 8 + 3;

    readonly byte[] _key;

    /// <param name="secret">The signing key; 32 bytes or more.</param>
    public LinkSigner(ReadOnlySpan<byte> secret) => _key = secret.ToArray();

    /// <summary>Returns the link as text for a URL path.</summary>
    public string Sign(SignedLink link)
    {
        var bytes = new List<byte>(160) { (byte)link.Kind };
        Span<byte> number = stackalloc byte[8];
        BinaryPrimitives.WriteInt64BigEndian(number, link.ExpiresAt);
        bytes.AddRange(number);
        foreach (var text in (string[])[link.Intervention, link.StoreId, link.CartId])
        {
            var utf8 = Encoding.UTF8.GetBytes(text);
            bytes.Add(checked((byte)utf8.Length));
            bytes.AddRange(utf8);
        }

        bytes.AddRange(HMACSHA256.HashData(_key, bytes.ToArray()).AsSpan(0, MacLength));
        return Base64Url.EncodeToString(bytes.ToArray());
    }

    /// <summary>Derives the random bytes of a message's discount code: the same on every retry, and unknown without the secret.</summary>
    /// <returns>32 bytes.</returns>
    public byte[] DeriveCode(string intervention) => HMACSHA256.HashData(_key, Encoding.UTF8.GetBytes($"discount code of {intervention}"));

    /// <summary>Returns a short tag that only the engine can make of a text: 72 bits, in base64url.</summary>
    public string TagOf(string text) => Base64Url.EncodeToString(HMACSHA256.HashData(_key, Encoding.UTF8.GetBytes(text)).AsSpan(0, 9));

    /// <summary>Verifies a link. Returns <see langword="null"/> if the signature is wrong or the link expired.</summary>
    /// <param name="token">The link's text.</param>
    /// <param name="kind">The expected kind.</param>
    /// <param name="now">Milliseconds since 1970 UTC.</param>
    public SignedLink? Read(string token, LinkKind kind, long now)
    {
        var bytes = new byte[Base64Url.GetMaxDecodedLength(Math.Min(token.Length, 1024))];
        if (token.Length > 1024 || Base64Url.DecodeFromChars(token, bytes, out _, out var length) != OperationStatus.Done || length < Fixed + MacLength)
        {
            return null;
        }

        var meaning = bytes.AsSpan(0, length - MacLength);
        if (!CryptographicOperations.FixedTimeEquals(HMACSHA256.HashData(_key, meaning).AsSpan(0, MacLength), bytes.AsSpan(meaning.Length, MacLength)))
        {
            return null;
        }

        var expiresAt = BinaryPrimitives.ReadInt64BigEndian(meaning[1..]);
        var rest = (ReadOnlySpan<byte>)meaning[9..];
        var link = new SignedLink((LinkKind)meaning[0], Take(ref rest), Take(ref rest), Take(ref rest), expiresAt);
        return link.Kind == kind && now <= expiresAt ? link : null;
    }

    static string Take(ref ReadOnlySpan<byte> rest)
    {
        var text = Encoding.UTF8.GetString(rest.Slice(1, rest[0]));
        rest = rest[(1 + rest[0])..];
        return text;
    }
}
