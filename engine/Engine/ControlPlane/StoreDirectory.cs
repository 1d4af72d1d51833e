using System.Text;

namespace CartRecovery.Engine.ControlPlane;

/// <summary>Holds the configured stores and their keys. Immutable and thread-safe.</summary>
public sealed class StoreDirectory
{
    const int MaxKeyLength = 128;

    readonly Dictionary<KeyHash, StoreKey> _keys = [];

    /// <summary>Creates a directory.</summary>
    /// <param name="stores">The configured stores, in file order.</param>
    /// <param name="removed">The stores that have numbers but are no longer configured.</param>
    /// <param name="keys">Their keys' hashes, and what each grants.</param>
    /// <exception cref="ArgumentException">A key or an id is used twice.</exception>
    public StoreDirectory(IReadOnlyList<Store> stores, IEnumerable<Store> removed, IEnumerable<(KeyHash Hash, StoreKey Allows)> keys)
    {
        Stores = stores;
        All = new StoreTable([.. stores, .. removed]);
        foreach (var (hash, allows) in keys)
        {
            _keys.Add(hash, allows);
        }
    }

    /// <summary>The configured stores, in file order.</summary>
    public IReadOnlyList<Store> Stores { get; }

    /// <summary>All stores by number, with those that are no longer configured.</summary>
    public StoreTable All { get; }

    /// <summary>Finds a configured store by id.</summary>
    public Store? FindStore(string id) => All.FindConfigured(id);

    /// <summary>
    /// Finds what a key grants; <see langword="null"/> if it is unknown. Keys are looked up by their SHA-256, so the timing reveals
    /// nothing about how close a guess is.
    /// </summary>
    public StoreKey? FindKey(ReadOnlySpan<byte> utf8) =>
        utf8.Length <= MaxKeyLength && _keys.TryGetValue(KeyHash.Of(utf8), out var key) ? key : null;

    /// <inheritdoc cref="FindKey(ReadOnlySpan{byte})"/>
    public StoreKey? FindKey(ReadOnlySpan<char> text)
    {
        Span<byte> utf8 = stackalloc byte[MaxKeyLength];
        return Encoding.UTF8.TryGetBytes(text, utf8, out var length) ? FindKey(utf8[..length]) : null;
    }

    /// <summary>Finds what a key grants, given as in the configuration: itself or its hash.</summary>
    public StoreKey? FindConfiguredKey(string configured) => _keys.GetValueOrDefault(KeyHash.OfConfigured(configured));
}
