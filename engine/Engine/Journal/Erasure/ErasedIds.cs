using System.Buffers.Binary;
using System.Text;
using CartRecovery.Engine.Events.Identity;
using CartRecovery.Engine.Events.Slabs;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Journal.Erasure;

/// <summary>
/// The ids of a person to erase. An event belongs to the person if it names them, or names nobody and is in one of their carts. An event
/// that names somebody else does not, whatever its cart. Not thread-safe.
/// </summary>
public sealed class ErasedIds
{
    // For a person with more carts, every entry is parsed.
    const int MaxSearched = 16;

    readonly IdHasher _ids;

    // The customer's key in archived journals from before the folder had a secret.
    readonly Hash128 _unkeyed;
    readonly HashSet<Hash128> _carts = [];
    readonly HashSet<Hash128> _named = [];
    readonly List<byte[]> _texts = [];

    /// <param name="store">The store's number.</param>
    /// <param name="storeId">The store's id, in UTF-8.</param>
    /// <param name="ids">Derives the store's keys.</param>
    /// <param name="userId">The person's id.</param>
    /// <param name="carts">The ids of the person's known carts.</param>
    public ErasedIds(int store, ReadOnlyMemory<byte> storeId, IdHasher ids, string userId, IEnumerable<string> carts)
    {
        ArgumentException.ThrowIfNullOrEmpty(userId);
        (Store, StoreId, _ids) = (store, storeId, ids);
        User = ShortOf(userId);
        Customer = ids.CustomerOf(User.Span);
        _unkeyed = new IdHasher(storeId.Span).CustomerOf(User.Span);
        foreach (var cart in carts)
        {
            AddCart(ShortOf(cart).Span);
        }
    }

    /// <summary>The store's number.</summary>
    public int Store { get; }

    /// <summary>The store's id, in UTF-8.</summary>
    public ReadOnlyMemory<byte> StoreId { get; }

    /// <summary>The person's id in events, in UTF-8.</summary>
    public ReadOnlyMemory<byte> User { get; }

    /// <summary>The person's key.</summary>
    public Hash128 Customer { get; }

    /// <summary>The keys of the person's carts found so far.</summary>
    public IReadOnlySet<Hash128> Carts => _carts;

    /// <summary>The ids of <see cref="Carts"/>, as far as they are known.</summary>
    public IReadOnlyList<string> CartIds => [.. _texts.Select(Encoding.UTF8.GetString)];

    /// <summary>Whether some carts are known by key only: an earlier, incomplete erasure has removed their ids.</summary>
    public bool HasCartsWithoutIds => _carts.Count > _texts.Count;

    /// <summary>Adds a cart by its id.</summary>
    public void AddCart(ReadOnlySpan<byte> cart)
    {
        var key = _ids.CartOf(cart);
        _carts.Add(key);
        if (_named.Add(key))
        {
            _texts.Add(cart.ToArray());
        }
    }

    /// <summary>Adds a cart by its key.</summary>
    public void AddCart(in Hash128 cart) => _carts.Add(cart);

    /// <summary>Returns whether an event belongs to the person.</summary>
    /// <param name="user">The user's id in the event; empty for none.</param>
    /// <param name="cart">The cart's id.</param>
    public bool AreIn(ReadOnlySpan<byte> user, ReadOnlySpan<byte> cart) =>
        user.IsEmpty ? _carts.Count > 0 && _carts.Contains(_ids.CartOf(cart)) : user.SequenceEqual(User.Span);

    /// <summary>Returns whether a customer event belongs to the person.</summary>
    /// <param name="customer">The key of the customer that the event names; empty for none.</param>
    /// <param name="cart">The cart's id.</param>
    public bool AreIn(in Hash128 customer, ReadOnlySpan<byte> cart) =>
        customer == default ? AreIn([], cart) : customer == Customer || customer == _unkeyed;

    /// <summary>Returns whether bytes may contain one of the ids. Fast: most blocks need not be parsed.</summary>
    public bool MayBeIn(ReadOnlySpan<byte> bytes)
    {
        if (HasCartsWithoutIds || _texts.Count > MaxSearched || bytes.IndexOf(User.Span) >= 0)
        {
            return true;
        }

        foreach (var text in _texts)
        {
            if (bytes.IndexOf(text) >= 0)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Returns whether bytes may contain the customer's key, as in records.</summary>
    public bool MayHaveKey(ReadOnlySpan<byte> bytes) => HasKey(bytes, Customer) || HasKey(bytes, _unkeyed);

    static bool HasKey(ReadOnlySpan<byte> bytes, in Hash128 key)
    {
        Span<byte> text = stackalloc byte[2 * sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(text, key.Low);
        BinaryPrimitives.WriteUInt64LittleEndian(text[sizeof(ulong)..], key.High);
        return bytes.IndexOf(text) >= 0;
    }

    // Events contain a short form of a long id.
    static ReadOnlyMemory<byte> ShortOf(string id)
    {
        var text = Encoding.UTF8.GetBytes(id);
        if (text.Length <= EventSlab.MaxIdLength)
        {
            return text;
        }

        var shorter = new byte[EventSlab.MaxIdLength];
        return shorter.AsMemory(0, LongId.Shorten(text, shorter));
    }
}
