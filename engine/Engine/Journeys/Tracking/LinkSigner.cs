using System.Buffers;
using System.Buffers.Binary;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace CartRecovery.Engine.Journeys.Tracking;

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
