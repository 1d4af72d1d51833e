using System.Runtime.InteropServices;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Insights;

/// <summary>
/// Samples the distinct carts of a stream by store: keeps those with the lowest keys (bottom-k), so that each cart is equally likely, however many events it has and
/// whenever they come. All stores share the memory equally. One thread.
/// </summary>
/// <param name="maxOfStore">Maximum number of carts of a store.</param>
/// <param name="max">Maximum number of carts of all stores together.</param>
public sealed class CartSample(int maxOfStore, int max)
{
    // Keys are hashes, so their order is random. Partitions are by the other half of a key.
    static readonly Comparer<Hash128> s_byKey = Comparer<Hash128>.Create((a, b) => (a.Low, a.High).CompareTo((b.Low, b.High)));

    readonly Dictionary<int, SortedSet<Hash128>> _stores = [];

    /// <summary>The stores with carts, by number.</summary>
    public IReadOnlyCollection<int> Stores => _stores.Keys;

    /// <summary>Maximum number of carts of a store, with as many stores as there are.</summary>
    int Quota => Math.Min(maxOfStore, max / Math.Max(1, _stores.Count));

    /// <summary>Adds a cart. Does nothing if the sample has it.</summary>
    public void Add(int store, in Hash128 cart)
    {
        ref var carts = ref CollectionsMarshal.GetValueRefOrAddDefault(_stores, store, out var isKnown);
        carts ??= new SortedSet<Hash128>(s_byKey);
        if (!isKnown)
        {
            foreach (var others in _stores.Values)
            {
                Trim(others);
            }
        }

        if (carts.Count < Quota || s_byKey.Compare(cart, carts.Max) < 0)
        {
            carts.Add(cart);
            Trim(carts);
        }
    }

    /// <summary>Returns the carts of a store.</summary>
    public IReadOnlyCollection<Hash128> Of(int store) => _stores.TryGetValue(store, out var carts) ? carts : [];

    void Trim(SortedSet<Hash128> carts)
    {
        while (carts.Count > Quota)
        {
            carts.Remove(carts.Max);
        }
    }
}
