using System.Collections;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.ControlPlane.Stores;

/// <summary>
/// Finds stores by number: the configured ones, and removed ones that still have carts or journal entries.
/// Immutable and thread-safe.
/// </summary>
public sealed class StoreTable : IReadOnlyCollection<Store>
{
    readonly Store[] _stores;
    readonly NumberTable<Store?> _byNumber;
    readonly Dictionary<string, Store> _byId;

    /// <summary>Creates a table.</summary>
    /// <param name="stores">The stores; their numbers may have gaps.</param>
    /// <exception cref="ArgumentException">Two stores have the same id.</exception>
    public StoreTable(IEnumerable<Store> stores)
    {
        _stores = [.. stores];
        _byNumber = Map(store => (Store?)store, null);
        _byId = _stores.ToDictionary(store => store.Id, StringComparer.Ordinal);
    }

    /// <summary>Number of stores.</summary>
    public int Count => _stores.Length;

    /// <summary>Returns the store with this number.</summary>
    /// <exception cref="KeyNotFoundException">No store has this number.</exception>
    public Store this[int number] => _byNumber[number] ?? throw new KeyNotFoundException($"no store has the number {number}");

    /// <summary>Returns the store with this id, configured or removed; <see langword="null"/> if it never had a number.</summary>
    public Store? Find(string id) => _byId.GetValueOrDefault(id);

    /// <summary>Returns the configured store with this id, or <see langword="null"/>.</summary>
    public Store? FindConfigured(string id) => Find(id) is { IsRemoved: false } store ? store : null;

    /// <summary>Computes a value per store, by its number.</summary>
    /// <param name="value">Returns a store's value.</param>
    /// <param name="other">The value of a number without a store.</param>
    public NumberTable<T> Map<T>(Func<Store, T> value, T other) => new(_stores.Select(store => (store.Number, value(store))), other);

    /// <inheritdoc/>
    public IEnumerator<Store> GetEnumerator() => _stores.AsEnumerable().GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
