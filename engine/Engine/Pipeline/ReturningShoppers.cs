using System.Collections.Concurrent;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Pipeline;

/// <summary>
/// The carts whose offers wait for their shopper, and who is told when one is back on another connection. Bounded per store: the longest waiting
/// makes room. Thread-safe; costs the partitions one comparison per event, and a lookup when a cart's connection changes.
/// </summary>
/// <param name="perStore">Maximum number of carts of a store.</param>
public sealed class ReturningShoppers(int perStore = 10_000)
{
    readonly ConcurrentDictionary<Hash128, int> _carts = new();
    readonly Dictionary<int, (Queue<Hash128> Order, int Count)> _stores = [];
    readonly Lock _gate = new();

    /// <summary>Called with the cart of a shopper who is back, on the partition's thread. Must not block.</summary>
    public Action<Hash128>? OnReturn { get; set; }

    /// <summary>Number of carts.</summary>
    public int Count => _carts.Count;

    /// <summary>Length of the longest order in which carts make room.</summary>
    internal int OrderLength
    {
        get
        {
            lock (_gate)
            {
                return _stores.Values.Select(store => store.Order.Count).DefaultIfEmpty().Max();
            }
        }
    }

    /// <summary>Waits for a cart's shopper.</summary>
    /// <param name="cart">The cart's key.</param>
    /// <param name="store">The store's number.</param>
    /// <returns>The cart that made room, and is no longer waited for; <see langword="null"/> for none.</returns>
    public Hash128? Await(in Hash128 cart, int store)
    {
        lock (_gate)
        {
            if (!_carts.TryAdd(cart, store))
            {
                return null;
            }

            var (order, count) = _stores.GetValueOrDefault(store, (new Queue<Hash128>(), 0));
            Hash128? evicted = null;
            while (count >= perStore && order.TryDequeue(out var oldest))
            {
                if (_carts.TryRemove(oldest, out _))
                {
                    (evicted, count) = (oldest, count - 1);
                }
            }

            order.Enqueue(cart);
            _stores[store] = (order, count + 1);
            Trim(order);
            return evicted;
        }
    }

    /// <summary>Stops waiting for a cart's shopper.</summary>
    public void Forget(in Hash128 cart)
    {
        lock (_gate)
        {
            if (_carts.TryRemove(cart, out var store))
            {
                var (order, count) = _stores[store];
                _stores[store] = (order, count - 1);
            }
        }
    }

    /// <summary>Reports that a cart's events arrive on another connection than before.</summary>
    internal void Report(in Hash128 cart)
    {
        if (!_carts.IsEmpty && _carts.ContainsKey(cart))
        {
            OnReturn?.Invoke(cart);
        }
    }

    // Carts that are no longer waited for stay in the order until their turn: at most as many as there may be carts.
    void Trim(Queue<Hash128> order)
    {
        for (var left = order.Count; order.Count > 2 * perStore && left > 0; left--)
        {
            var cart = order.Dequeue();
            if (_carts.ContainsKey(cart))
            {
                order.Enqueue(cart);
            }
        }
    }
}
