using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using CartRecovery.Engine.Events.Slabs;

namespace CartRecovery.Engine.Events.Identity;

/// <summary>
/// Encrypts the ids of one store that are, or contain, e-mail addresses or telephone numbers. Equal ids have equal sealed ids, so the engine compares, hashes and
/// stores those alone. Other ids stay as they are. Thread-safe.
/// </summary>
/// <remarks>
/// Deterministic encryption with a synthetic initialisation vector (as SIV, RFC 5297): 64 bits of the id's HMAC-SHA-256 select the key stream, which is HMAC-SHA-256 in
/// counter mode, and authenticate the id. A longer id is packed (<see cref="AddressPacking"/>) before it is encrypted. What is then still too long for an id of 64 bytes is a keyed
/// hash, which cannot be opened.
/// </remarks>
public sealed class SealedIds
{
    /// <summary>Length of the longest id that can be opened again without packing, in bytes.</summary>
    public const int MaxOpened = ((EventSlab.MaxIdLength - PrefixLength) * 6 / 8) - VectorSize;

    const int PrefixLength = 2, VectorSize = sizeof(ulong);

    /// <summary>The digits that a telephone number has at least.</summary>
    internal const int MinDigits = 7;

    readonly byte[] _vectors;
    readonly byte[] _stream;
    readonly bool _packs;

    /// <param name="secret">The data folder's secret for sealed ids.</param>
    /// <param name="storeId">The store's id, in UTF-8.</param>
    public SealedIds(SealingSecret secret, ReadOnlySpan<byte> storeId)
    {
        _vectors = HMACSHA256.HashData(secret.Key, (byte[])[1, .. storeId]);
        _stream = HMACSHA256.HashData(secret.Key, (byte[])[2, .. storeId]);
        _packs = secret.PacksLongIds;
    }

    static ReadOnlySpan<byte> Prefix => "s."u8;

    static ReadOnlySpan<byte> PackedPrefix => "p."u8;

    static ReadOnlySpan<byte> HashPrefix => "h."u8;

    /// <summary>Returns whether an id is sealed: it has an <c>@</c> between other characters, or a <c>+</c> before seven digits or more.</summary>
    /// <param name="id">The id, in UTF-8.</param>
    public static bool IsAddress(ReadOnlySpan<byte> id) => id.IndexOfAny((byte)'@', (byte)'+') is var at and >= 0 && HasAddress(id, at);

    /// <summary>Returns whether an address may be too long to be opened again once it is sealed.</summary>
    public static bool MayBeHashed(ReadOnlySpan<byte> id) => id.Length > MaxOpened && IsAddress(id);

    /// <summary>Returns whether a text may be a sealed id that can be opened.</summary>
    public static bool MayBeSealed(ReadOnlySpan<byte> id) => id.StartsWith(Prefix) || id.StartsWith(PackedPrefix);

    /// <summary>Seals an id.</summary>
    /// <param name="id">The id, in UTF-8.</param>
    /// <param name="target">Receives up to 64 bytes. May overlap the id.</param>
    /// <returns>The bytes written.</returns>
    public int Seal(ReadOnlySpan<byte> id, Span<byte> target)
    {
        Span<byte> hash = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(_vectors, id, hash);
        Span<byte> sealedId = stackalloc byte[VectorSize + MaxOpened];
        hash[..VectorSize].CopyTo(sealedId);
        if (id.Length <= MaxOpened)
        {
            sealedId = sealedId[..(VectorSize + id.Length)];
            id.CopyTo(sealedId[VectorSize..]);
            return Write(Prefix, sealedId, target);
        }

        if (_packs && AddressPacking.TryPack(id, sealedId[VectorSize..]))
        {
            return Write(PackedPrefix, sealedId, target);
        }

        HashPrefix.CopyTo(target);
        return PrefixLength + Base64Url.EncodeToUtf8(hash, target[PrefixLength..]);
    }

    /// <summary>Opens a sealed id.</summary>
    /// <param name="id">The sealed id.</param>
    /// <returns>The id; the text itself if it is none that this store sealed.</returns>
    public string Open(string id)
    {
        var isPacked = id.StartsWith("p.", StringComparison.Ordinal);
        Span<byte> opened = stackalloc byte[VectorSize + MaxOpened];
        if (!(isPacked || id.StartsWith("s.", StringComparison.Ordinal)) || id.Length > EventSlab.MaxIdLength
            || !Base64Url.IsValid(id.AsSpan(PrefixLength), out var length) || length <= VectorSize || length > opened.Length || (isPacked && length != opened.Length))
        {
            return id;
        }

        opened = opened[..Base64Url.DecodeFromChars(id.AsSpan(PrefixLength), opened)];
        Apply(opened);
        Span<byte> unpacked = stackalloc byte[AddressPacking.MaxLength];
        var text = isPacked ? unpacked[..AddressPacking.Unpack(opened[VectorSize..], unpacked)] : opened[VectorSize..];
        Span<byte> hash = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(_vectors, text, hash);
        return CryptographicOperations.FixedTimeEquals(hash[..VectorSize], opened[..VectorSize]) ? Encoding.UTF8.GetString(text) : id;
    }

    int Write(ReadOnlySpan<byte> prefix, Span<byte> sealedId, Span<byte> target)
    {
        Apply(sealedId);
        prefix.CopyTo(target);
        return PrefixLength + Base64Url.EncodeToUtf8(sealedId, target[PrefixLength..]);
    }

    // XORs what follows the vector with its key stream.
    void Apply(Span<byte> sealedId)
    {
        Span<byte> input = stackalloc byte[VectorSize + 1];
        Span<byte> block = stackalloc byte[HMACSHA256.HashSizeInBytes];
        sealedId[..VectorSize].CopyTo(input);
        for (var rest = sealedId[VectorSize..]; !rest.IsEmpty; rest = rest[Math.Min(rest.Length, block.Length)..])
        {
            HMACSHA256.HashData(_stream, input, block);
            for (var i = 0; i < Math.Min(rest.Length, block.Length); i++)
            {
                rest[i] ^= block[i];
            }

            input[VectorSize]++;
        }
    }

    static bool HasAddress(ReadOnlySpan<byte> id, int at)
    {
        for (; at < id.Length; at++)
        {
            if ((id[at] == '@' && at > 0 && at < id.Length - 1) || (id[at] == '+' && DigitsAfter(id[(at + 1)..]) >= MinDigits))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Returns the digits at the beginning of a text, with the separators of telephone numbers between them.</summary>
    internal static int DigitsAfter(ReadOnlySpan<byte> text)
    {
        var digits = 0;
        foreach (var c in text)
        {
            if (char.IsAsciiDigit((char)c))
            {
                digits++;
            }
            else if (!" -./()"u8.Contains(c))
            {
                break;
            }
        }

        return digits;
    }
}
