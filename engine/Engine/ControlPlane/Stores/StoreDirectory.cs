using System.Text;
using CartRecovery.Engine.ControlPlane.Keys;

namespace CartRecovery.Engine.ControlPlane.Stores;

/// <summary>
/// Holds the configured stores and their keys. Thread-safe; a reload of the configuration replaces the content as a whole.
/// </summary>
public sealed class StoreDirectory
{
    const int MaxKeyLength = 128;

    volatile Content _content;

    StoreDirectory(Content content) => _content = content;

    /// <summary>Creates a directory.</summary>
    /// <param name="stores">The configured stores, in file order.</param>
    /// <param name="removed">The stores that have numbers but are no longer configured.</param>
    /// <param name="keys">Their keys' hashes, and what each grants.</param>
    /// <exception cref="ArgumentException">A key or an id is used twice.</exception>
    public StoreDirectory(IReadOnlyList<Store> stores, IEnumerable<Store> removed, IEnumerable<(KeyHash Hash, StoreKey Allows)> keys)
    {
        var byHash = new Dictionary<KeyHash, StoreKey>();
        foreach (var (hash, allows) in keys)
        {
            byHash.Add(hash, allows);
        }

        _content = new Content(stores, new StoreTable([.. stores, .. removed]), byHash);
    }

    /// <summary>The configured stores, in file order.</summary>
    public IReadOnlyList<Store> Stores => _content.Stores;

    /// <summary>All stores by number, with those that are no longer configured.</summary>
    public StoreTable All => _content.All;

    /// <summary>Finds a configured store by id.</summary>
    public Store? FindStore(string id) => All.FindConfigured(id);

    /// <summary>
    /// Finds a key's permissions; <see langword="null"/> if it is unknown. Keys are looked up by their SHA-256, so the timing reveals
    /// nothing about how close a guess is.
    /// </summary>
    public StoreKey? FindKey(ReadOnlySpan<byte> utf8) =>
        utf8.Length <= MaxKeyLength && _content.Keys.TryGetValue(KeyHash.Of(utf8), out var key) ? key : null;

    /// <inheritdoc cref="FindKey(ReadOnlySpan{byte})"/>
    public StoreKey? FindKey(ReadOnlySpan<char> text)
    {
        Span<byte> utf8 = stackalloc byte[MaxKeyLength];
        return Encoding.UTF8.TryGetBytes(text, utf8, out var length) ? FindKey(utf8[..length]) : null;
    }

    /// <summary>Finds the permissions of a key given as in the configuration: itself or its hash.</summary>
    public StoreKey? FindConfiguredKey(string configured) => _content.Keys.GetValueOrDefault(KeyHash.OfConfigured(configured));

    /// <summary>Returns whether a key still grants what it granted when a client sent it.</summary>
    public bool IsInForce(StoreKey key) => _content.Granted.Contains(key);

    /// <summary>
    /// Prepares a replacement of another directory's content with this one's. Stores and keys that are equal stay the same objects, so that
    /// clients that use them notice nothing.
    /// </summary>
    public StoreDirectory MergeInto(StoreDirectory current)
    {
        var (now, then) = (current._content, _content);
        var stores = then.All.ToDictionary(store => store,
            store => now.All.Find(store.Id) is { } known && known.HasSameSettings(store) ? known : store);
        return new StoreDirectory(new Content(
            [.. then.Stores.Select(store => stores[store])], new StoreTable(then.All.Select(store => stores[store])),
            then.Keys.ToDictionary(key => key.Key, key =>
            {
                var allowed = key.Value with { Store = stores[key.Value.Store] };
                return now.Keys.TryGetValue(key.Key, out var known) && known.Grants(allowed) ? known : allowed;
            })));
    }

    /// <summary>Replaces the content with that of another directory: <see cref="MergeInto"/>.</summary>
    public void Update(StoreDirectory next) => _content = next._content;

    sealed class Content(IReadOnlyList<Store> stores, StoreTable all, Dictionary<KeyHash, StoreKey> keys)
    {
        public readonly IReadOnlyList<Store> Stores = stores;
        public readonly StoreTable All = all;
        public readonly Dictionary<KeyHash, StoreKey> Keys = keys;

        // By identity.
        public readonly HashSet<StoreKey> Granted = new(keys.Values, ReferenceEqualityComparer.Instance);
    }
}
