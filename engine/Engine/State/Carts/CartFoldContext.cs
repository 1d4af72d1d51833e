using CartRecovery.Engine.Events.Identity;
using CartRecovery.Engine.Events.Shoppers;
using CartRecovery.Engine.Events.Slabs;
using CartRecovery.Engine.State.Customers;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.State.Carts;

/// <summary>The state shared by the changes of a slab, and the result of a claim.</summary>
/// <param name="window">The minimum time between interventions for a cart, in milliseconds.</param>
/// <param name="lifetime">Decides when a cart ends.</param>
sealed class CartFoldContext(long window, CartLifetime lifetime)
{
    NumberTable<uint> _currencies = new([], 0u);
    NumberTable<bool> _secretIds = new([], false);
    NumberTable<IdHasher?> _ids = new([], null);

    /// <summary>The slab being applied.</summary>
    public EventSlab Slab = null!;

    /// <summary>The connection of the event being folded; 0 for none.</summary>
    public long Connection;

    /// <summary>Why the sender of the event being folded is taken for a program.</summary>
    public BotEvidence Bot;

    /// <summary>When the event was received, on the partition's clock, in milliseconds since 1970 UTC.</summary>
    public long ReceivedAt;

    /// <summary>The history of the event's customer.</summary>
    public CustomerHistory History;

    /// <summary>Whether the latest claim reserved its cart.</summary>
    public bool IsReserved;

    /// <summary>Set when a cart's events arrive on another connection than before; the caller resets it.</summary>
    public bool HasMoved;

    /// <summary>Minimum time between interventions for a cart, in milliseconds.</summary>
    public long Window { get; set; } = window;

    /// <summary>Receives the evidence when a cart becomes a bot's; <see langword="null"/> for nobody.</summary>
    public Action<BotEvidence>? BotFound { get; init; }

    /// <summary>Decides when a cart ends.</summary>
    public CartLifetime Lifetime => lifetime;

    /// <summary>Returns a store's default currency.</summary>
    public uint CurrencyOf(int store) => _currencies[store];

    /// <summary>Returns what derives a store's keys.</summary>
    public IdHasher? IdsOf(int store) => _ids[store];

    /// <summary>Returns whether a store's cart ids cannot be guessed.</summary>
    public bool HasSecretIds(int store) => _secretIds[store];

    /// <summary>Takes over the stores in force.</summary>
    /// <param name="currencies">Their default currencies.</param>
    /// <param name="secretIds">Whether their cart ids cannot be guessed.</param>
    /// <param name="ids">What derives their keys.</param>
    public void SetStores(NumberTable<uint> currencies, NumberTable<bool> secretIds, NumberTable<IdHasher?> ids) =>
        (_currencies, _secretIds, _ids) = (currencies, secretIds, ids);
}
