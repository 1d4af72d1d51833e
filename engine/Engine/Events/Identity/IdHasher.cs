using System.Net;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using CartRecovery.Engine.Events.Slabs;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Events.Identity;

/// <summary>
/// Derives the keys of one store's events from their texts, both when they are decoded and when they are read from the journal, which
/// stores only texts. Equal ids of two stores have different keys. Thread-safe.
/// </summary>
/// <remarks>
/// Keys are keyed with a secret of the data folder, so that nobody can send ids that collide or that have the key of another's cart. Only
/// products have public keys: they are compared within one cart, and whoever wants another product's key can send its id.
/// </remarks>
public sealed class IdHasher
{
    /// <summary>Bytes of a secret.</summary>
    public const int SecretSize = 16;

    const ulong UnkeyedCustomers = 0x9e3779b97f4a7c15;
    const byte Carts = 1, Customers = 2;

    readonly ulong _seed;
    readonly KeyedHash? _carts;
    readonly KeyedHash? _customers;

    /// <summary>Creates a store's hasher without a secret: MurmurHash3, as folders before format 4 have it, and for data of one's own.</summary>
    /// <param name="storeId">The store's id, in UTF-8.</param>
    public IdHasher(ReadOnlySpan<byte> storeId) => _seed = Hash128.Of(storeId, seed: 0).Low;

    /// <summary>Creates a store's hasher.</summary>
    /// <param name="storeId">The store's id, in UTF-8, at most 64 bytes.</param>
    /// <param name="secret">The data folder's secret: see <see cref="DeriveSecret"/>.</param>
    public IdHasher(ReadOnlySpan<byte> storeId, ReadOnlySpan<byte> secret)
        : this(storeId)
    {
        var master = new KeyedHash(secret);
        _carts = Derive(master, Carts, storeId);
        _customers = Derive(master, Customers, storeId);
    }

    /// <summary>Seals ids that are addresses; <see langword="null"/> if the folder has them in the clear. The keys are those of the sealed ids.</summary>
    public SealedIds? Sealed { get; init; }

    /// <summary>Whether the keys depend on a secret.</summary>
    public bool IsKeyed => _carts is not null;

    /// <summary>Derives the secret of ids from the data folder's (HKDF-SHA-256, RFC 5869).</summary>
    public static byte[] DeriveSecret(ReadOnlySpan<byte> folderSecret)
    {
        var secret = new byte[SecretSize];
        HKDF.DeriveKey(HashAlgorithmName.SHA256, folderSecret, secret, salt: [], info: "cartrecovery ids 1"u8);
        return secret;
    }

    /// <summary>Computes a cart's key.</summary>
    /// <param name="cart">The cart's id, in UTF-8.</param>
    public Hash128 CartOf(ReadOnlySpan<byte> cart) => Sealed is not null && SealedIds.IsAddress(cart) ? OfSealed(cart, static (ids, id) => ids.KeyOf(id))
        : cart.Length > EventSlab.MaxIdLength ? OfLong(cart, static (ids, id) => ids.KeyOf(id)) : KeyOf(cart);

    /// <summary>Computes a customer's key; empty for an anonymous shopper.</summary>
    /// <param name="user">The user's id, in UTF-8.</param>
    public Hash128 CustomerOf(ReadOnlySpan<byte> user) =>
        user.IsEmpty ? default : Sealed is not null && SealedIds.IsAddress(user) ? OfSealed(user, static (ids, id) => ids.CustomerKeyOf(id))
        : user.Length > EventSlab.MaxIdLength ? OfLong(user, static (ids, id) => ids.CustomerKeyOf(id)) : CustomerKeyOf(user);

    /// <summary>Computes a session's key; 0 for none.</summary>
    /// <param name="session">The session's id, in UTF-8.</param>
    public ulong SessionOf(ReadOnlySpan<byte> session) => session.IsEmpty ? 0 : CartOf(session).Low;

    /// <summary>Computes the key of a cart's secret.</summary>
    /// <param name="secret">The secret, in UTF-8; not empty.</param>
    public ulong SecretOf(ReadOnlySpan<byte> secret) => Math.Max(KeyOf(secret).High, 1);

    /// <summary>Returns an id sealed if it is an address and the folder seals those.</summary>
    public string SealedForm(string id)
    {
        var bytes = Sealed is null ? [] : Encoding.UTF8.GetBytes(id);
        if (!SealedIds.IsAddress(bytes))
        {
            return id;
        }

        Span<byte> target = stackalloc byte[EventSlab.MaxIdLength];
        return Encoding.UTF8.GetString(target[..Sealed!.Seal(bytes, target)]);
    }

    /// <summary>Returns an id as events and records have it: one that is an address sealed, a long one in its short form.</summary>
    public string StoredForm(string id) => ForgottenPeople.ShortForm(SealedForm(id));

    /// <inheritdoc cref="StoredForm(string)"/>
    /// <param name="id">The id, in UTF-8.</param>
    public byte[] StoredForm(ReadOnlySpan<byte> id)
    {
        Span<byte> target = stackalloc byte[EventSlab.MaxIdLength];
        return Sealed is not null && SealedIds.IsAddress(id) ? target[..Sealed.Seal(id, target)].ToArray()
            : id.Length > EventSlab.MaxIdLength ? target[..LongId.Shorten(id, target)].ToArray() : id.ToArray();
    }

    /// <summary>Returns a stored id, in UTF-8, as the shop writes it. Of a long one, its short form.</summary>
    public ReadOnlySpan<byte> ShownForm(ReadOnlySpan<byte> id) => Sealed is not null && SealedIds.MayBeSealed(id) ? Encoding.UTF8.GetBytes(Sealed.Open(Encoding.UTF8.GetString(id))) : id;

    /// <summary>Returns a stored id as the shop writes it. Of a long one, its short form.</summary>
    public string ShownForm(string id) => Sealed?.Open(id) ?? id;

    /// <summary>
    /// Computes the key of a client's network: its IPv4 address, or the 64-bit prefix of its IPv6 address. 0 if it is unknown, and for this machine:
    /// everybody comes from there behind a proxy that <c>listen.trustedProxies</c> does not name.
    /// </summary>
    public ulong NetworkOf(IPAddress? address)
    {
        if (address is null || IPAddress.IsLoopback(address))
        {
            return 0;
        }

        Span<byte> bytes = stackalloc byte[16];
        (address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address).TryWriteBytes(bytes, out var length);
        return Math.Max(KeyOf(bytes[..Math.Min(length, 8)]).High, 1);
    }

    /// <summary>Computes a product's key; 0 for none.</summary>
    /// <param name="product">The product's id, in UTF-8.</param>
    public ulong ProductOf(ReadOnlySpan<byte> product) => product.IsEmpty ? 0
        : product.Length > EventSlab.MaxIdLength ? OfLong(product, static (ids, id) => new Hash128(ids.ProductOf(id), 0)).Low : Hash128.Of(product, _seed).Low;

    /// <summary>Sets an event's keys and text lengths; an empty text has no key. The texts are as events have them, at most 64 bytes each.</summary>
    public void Set(
        ref EventRecord record, ReadOnlySpan<byte> id, ReadOnlySpan<byte> cart, ReadOnlySpan<byte> user, ReadOnlySpan<byte> session,
        ReadOnlySpan<byte> product)
    {
        record.IdLength = (byte)id.Length;
        record.CartLength = (byte)cart.Length;
        record.UserLength = (byte)user.Length;
        record.SessionLength = (byte)session.Length;
        record.ProductLength = (byte)product.Length;
        record.Id = KeyOf(id);
        record.Cart = KeyOf(cart);
        record.Customer = user.IsEmpty ? default : CustomerKeyOf(user);
        record.Session = session.IsEmpty ? 0 : KeyOf(session).Low;
        record.Product = ProductOf(product);
    }

    Hash128 KeyOf(ReadOnlySpan<byte> id) => _carts is null ? Hash128.Of(id, _seed) : _carts.Of(id);

    Hash128 CustomerKeyOf(ReadOnlySpan<byte> user) => _customers is null ? Hash128.Of(user, _seed ^ UnkeyedCustomers) : _customers.Of(user);

    Hash128 OfSealed(ReadOnlySpan<byte> id, HashFunction keyOf)
    {
        Span<byte> target = stackalloc byte[EventSlab.MaxIdLength];
        return keyOf(this, target[..Sealed!.Seal(id, target)]);
    }

    // The key of an id is that of its short form, which events, records and answers have.
    Hash128 OfLong(ReadOnlySpan<byte> id, HashFunction keyOf)
    {
        Span<byte> shorter = stackalloc byte[EventSlab.MaxIdLength];
        return keyOf(this, shorter[..LongId.Shorten(id, shorter)]);
    }

    delegate Hash128 HashFunction(IdHasher ids, ReadOnlySpan<byte> id);

    static KeyedHash Derive(KeyedHash master, byte kind, ReadOnlySpan<byte> storeId)
    {
        Span<byte> input = stackalloc byte[1 + byte.MaxValue];
        input[0] = kind;
        storeId.CopyTo(input[1..]);
        var key = master.Of(input[..(1 + storeId.Length)]);
        return new KeyedHash(MemoryMarshal.AsBytes(new ReadOnlySpan<Hash128>(in key)));
    }
}
