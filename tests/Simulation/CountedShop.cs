using CartRecovery.Engine.Events;
using CartRecovery.Engine.State.Customers;
using CartRecovery.Primitives;

namespace CartRecovery.Tests.Simulation;

/// <summary>The expected state of carts and customers, computed independently from a partition's events.</summary>
sealed class CountedShop
{
    /// <summary>Each cart's events and items.</summary>
    public Dictionary<Hash128, CountedCart> Carts { get; } = [];

    /// <summary>Each customer's orders.</summary>
    public Dictionary<Hash128, CountedCustomer> Customers { get; } = [];

    /// <summary>Counts events in the order of the journal.</summary>
    /// <param name="events">The events; a copy changes its customer alone.</param>
    public static CountedShop Of(IEnumerable<(SentEvent Event, bool IsCopy)> events)
    {
        var shop = new CountedShop();
        foreach (var (e, isCopy) in events)
        {
            if (e.Record.UserLength != 0 && EventTypes.Has(e.Record.Type, EventTraits.ChangesHistory))
            {
                Of(shop.Customers, e.Record.Customer).Count(e);
            }

            if (!isCopy)
            {
                Of(shop.Carts, e.Record.Cart).Count(e);
            }
        }

        return shop;
    }

    static T Of<T>(Dictionary<Hash128, T> all, Hash128 key)
        where T : new()
    {
        if (!all.TryGetValue(key, out var found))
        {
            all.Add(key, found = new T());
        }

        return found;
    }
}

/// <summary>The expected state of a cart.</summary>
sealed class CountedCart
{
    string? _order;

    public int Events { get; private set; }

    public Dictionary<string, int> Items { get; } = new(StringComparer.Ordinal);

    public void Count(SentEvent e)
    {
        Events++;
        var had = Items.GetValueOrDefault(e.Product);
        switch (e.Record.Type)
        {
            case EventType.AddToCart:
                Items[e.Product] = had + (e.Record.Thousandths / 1000);
                break;
            case EventType.RemoveFromCart:
                Items[e.Product] = Math.Max(0, had - (e.Record.Thousandths / 1000));
                break;
            case EventType.Purchase:
                // An order that is told again, or edited, has emptied the cart before.
                if (e.Order is null || e.Order != _order)
                {
                    Items.Clear();
                }

                _order = e.Order ?? _order;
                break;
        }
    }
}

/// <summary>The expected history of a customer.</summary>
sealed class CountedCustomer
{
    static readonly int s_remembered = Remembered(default);

    // The latest first. An order that is not among them counts as new.
    readonly List<(string Order, bool IsCancelled)> _recent = [];

    public int Orders { get; private set; }

    public int Refunds { get; private set; }

    static int Remembered(CustomerRecord record) => ((ReadOnlySpan<ulong>)record.Recent).Length;

    public void Count(SentEvent e)
    {
        var at = _recent.FindIndex(known => known.Order == e.Order);
        switch (e.Record.Type)
        {
            case EventType.Purchase when at < 0:
                Orders++;
                if (e.Order is not null)
                {
                    _recent.Insert(0, (e.Order, false));
                    _recent.RemoveRange(Math.Min(_recent.Count, s_remembered), Math.Max(0, _recent.Count - s_remembered));
                }

                break;
            case EventType.OrderCancelled when at >= 0 && !_recent[at].IsCancelled:
                Orders--;
                _recent[at] = (_recent[at].Order, true);
                break;
            case EventType.Refund:
                Refunds++;
                break;
        }
    }
}
