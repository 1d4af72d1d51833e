using System.Buffers;
using System.Buffers.Binary;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace CartRecovery.Engine.Journeys.Tracking;

/// <summary>What a link may do.</summary>
public enum LinkKind : byte
{
    /// <summary>Bring a shopper back to their cart, which counts as a click.</summary>
    Restore = 1,

    /// <summary>Say that no more is wanted.</summary>
    Unsubscribe = 2,

    /// <summary>Say that the message was opened.</summary>
    Open = 3,

    /// <summary>Show the shop what is in the cart: what the shopper's browser hands on to it.</summary>
    Cart = 4,
}

/// <summary>A link's meaning.</summary>
/// <param name="Kind">What it may do.</param>
/// <param name="Intervention">The message that it is of.</param>
/// <param name="StoreId">The store.</param>
/// <param name="CartId">The cart, the only one that it is good for.</param>
/// <param name="ExpiresAt">Until when: milliseconds since 1970 UTC.</param>
public sealed record SignedLink(LinkKind Kind, string Intervention, string StoreId, string CartId, long ExpiresAt);

/// <summary>
/// Links that nobody else can make: the meaning, and HMAC-SHA256 (RFC 2104) of it cut to 128 bits, in base64url. Whoever has a link can do
/// what it says and nothing else; it names one cart of one store.
/// </summary>
public sealed class LinkSigner
{
    const int MacLength = 16, Fixed = 1 + 8 + 3;

    readonly byte[] _key;

    /// <param name="secret">What signs; 32 bytes or more.</param>
    public LinkSigner(ReadOnlySpan<byte> secret) => _key = secret.ToArray();

    /// <summary>The link as text, for a path of an address.</summary>
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

    /// <summary>What a link means; <see langword="null"/> for one that this engine did not make, or that is too old.</summary>
    /// <param name="token">The link's text.</param>
    /// <param name="kind">What it must be for.</param>
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
