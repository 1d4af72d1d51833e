using System.Text;
using CartRecovery.Engine.ControlPlane.Keys;

namespace CartRecovery.Engine.ControlPlane.Stores;

/// <summary>
/// Holds the stores and their keys, from the configuration and from the control database. Thread-safe; a reload or a change of the database
/// replaces the content atomically.
/// </summary>
public sealed class StoreDirectory
{
    const int MaxKeyLength = 128;

    readonly Lock _updating = new();
    volatile Content _content;

    StoreDirectory(Content content) => _content = content;

    /// <summary>Creates a directory.</summary>
    /// <param name="stores">The configured stores, in file order.</param>
    /// <param name="removed">The stores that have numbers but are no longer configured.</param>
    /// <param name="keys">The hashes of the configured keys, with their permissions.</param>
    /// <exception cref="ArgumentException">A key or an id is used twice.</exception>
    public StoreDirectory(IReadOnlyList<Store> stores, IEnumerable<Store> removed, IEnumerable<(KeyHash Hash, StoreKey Allows)> keys)
    {
        var byHash = new Dictionary<KeyHash, StoreKey>();
        foreach (var (hash, allows) in keys)
        {
            byHash.Add(hash, allows);
        }

        _content = new Content(stores, new StoreTable([.. stores, .. removed]), byHash, [], former: null);
    }

    /// <summary>The configured stores, in file order.</summary>
    public IReadOnlyList<Store> Stores => _content.Stores;

    /// <summary>All stores by number, including those that are no longer configured.</summary>
    public StoreTable All => _content.All;

    /// <summary>Finds a configured store by id.</summary>
    public Store? FindStore(string id) => All.FindConfigured(id);

    /// <summary>
    /// Finds a key's permissions; <see langword="null"/> if it is unknown. The lookup is by SHA-256, so its timing reveals nothing about how close a guess is.
    /// </summary>
    public StoreKey? FindKey(ReadOnlySpan<byte> utf8) =>
        utf8.Length <= MaxKeyLength && _content.Keys.TryGetValue(KeyHash.Of(utf8), out var key) ? key : null;

    /// <inheritdoc cref="FindKey(ReadOnlySpan{byte})"/>
    public StoreKey? FindKey(ReadOnlySpan<char> text)
    {
        Span<byte> utf8 = stackalloc byte[MaxKeyLength];
        return Encoding.UTF8.TryGetBytes(text, utf8, out var length) ? FindKey(utf8[..length]) : null;
    }

    /// <summary>Finds the permissions of a key given as in the configuration: the key or its hash.</summary>
    public StoreKey? FindConfiguredKey(string configured) => _content.Configured.GetValueOrDefault(KeyHash.OfConfigured(configured));

    /// <summary>The keys of the configuration that open a store.</summary>
    public IEnumerable<StoreKey> ConfiguredKeys(Store store) => _content.Configured.Values.Where(key => ReferenceEquals(key.Store, store));

    /// <summary>The keys of the control database that open a configured store.</summary>
    public IEnumerable<StoreKey> IssuedKeys => _content.Keys.Values.Where(key => key.Id is not null);

    /// <summary>Returns the present state of a key that a client uses.</summary>
    public KeyState StateOf(StoreKey key)
    {
        var content = _content;
        return content.Granted.Contains(key) ? KeyState.InForce : content.Keys.ContainsKey(key.Hash) ? KeyState.Changed : KeyState.Revoked;
    }

    /// <summary>
    /// Replaces the keys of the control database. A key with unchanged permissions stays the same object. A key of a store that is not
    /// configured opens nothing until the store is.
    /// </summary>
    public void SetIssued(IReadOnlyList<ApiKey> keys)
    {
        lock (_updating)
        {
            _content = new Content(_content.Stores, _content.All, _content.Configured, keys, _content);
        }
    }

    /// <summary>
    /// Prepares the replacement of another directory's content by this one's. Equal stores and keys stay the same objects, so their clients stay connected.
    /// </summary>
    public StoreDirectory MergeInto(StoreDirectory current)
    {
        var (now, then) = (current._content, _content);
        var stores = then.All.ToDictionary(store => store,
            store => now.All.Find(store.Id) is { } known && known.HasSameSettings(store) ? known : store);
        return new StoreDirectory(new Content(
            [.. then.Stores.Select(store => stores[store])], new StoreTable(then.All.Select(store => stores[store])),
            then.Configured.ToDictionary(key => key.Key, key =>
            {
                var allowed = key.Value with { Store = stores[key.Value.Store] };
                return now.Configured.TryGetValue(key.Key, out var known) && known.Grants(allowed) ? known : allowed;
            }), [], former: null));
    }

    /// <summary>Replaces the stores and configured keys by those of a directory from <see cref="MergeInto"/>.</summary>
    public void Update(StoreDirectory next)
    {
        lock (_updating)
        {
            _content = new Content(next._content.Stores, next._content.All, next._content.Configured, _content.Issued, _content);
        }
    }

    sealed class Content
    {
        public readonly IReadOnlyList<Store> Stores;
        public readonly StoreTable All;
        public readonly Dictionary<KeyHash, StoreKey> Configured;
        public readonly IReadOnlyList<ApiKey> Issued;

        // The keys of both, and the same by identity.
        public readonly Dictionary<KeyHash, StoreKey> Keys;
        public readonly HashSet<StoreKey> Granted;

        public Content(IReadOnlyList<Store> stores, StoreTable all, Dictionary<KeyHash, StoreKey> configured, IReadOnlyList<ApiKey> issued, Content? former)
        {
            (Stores, All, Configured, Issued) = (stores, all, configured, issued);
            Keys = new Dictionary<KeyHash, StoreKey>(configured);
            foreach (var key in issued)
            {
                if (all.FindConfigured(key.Store) is { } store && !Keys.ContainsKey(key.Hash))
                {
                    var known = former?.Keys.GetValueOrDefault(key.Hash);
                    var bound = key.Bind(store, known?.Usage);
                    Keys.Add(key.Hash, known?.Grants(bound) == true ? known : bound);
                }
            }

            Granted = new HashSet<StoreKey>(Keys.Values, ReferenceEqualityComparer.Instance);
        }
    }
}
