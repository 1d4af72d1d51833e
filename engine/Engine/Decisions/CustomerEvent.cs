using System.Text;
using CartRecovery.Engine.Events;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Decisions;

/// <summary>
/// An event that matters beyond its cart, on its way to whoever contacts customers: an order, a consent, an address, what became of a message.
/// Such events are few, so that a copy of each may be made.
/// </summary>
public sealed record CustomerEvent
{
    /// <summary>What happened.</summary>
    public required EventType Type { get; init; }

    /// <summary>The event's own key.</summary>
    public required Hash128 Id { get; init; }

    /// <summary>The cart's key.</summary>
    public required Hash128 Cart { get; init; }

    /// <summary>The customer's key; none for an anonymous shopper.</summary>
    public Hash128 Customer { get; init; }

    /// <summary>The store's place in the configuration.</summary>
    public required int Store { get; init; }

    /// <summary>The cart, as the shop names it.</summary>
    public required string CartId { get; init; }

    /// <summary>The product's key; 0 where there is none.</summary>
    public ulong Product { get; init; }

    /// <summary>The product, as the shop names it; empty where there is none.</summary>
    public string ProductId { get; init; } = "";

    /// <summary>When: milliseconds since 1970 UTC.</summary>
    public required long At { get; init; }

    /// <summary>Price times quantity, in <see cref="Money"/> units.</summary>
    public long Amount { get; init; }

    /// <summary>ISO 4217, first letter lowest; 0 where the event does not say.</summary>
    public uint Currency { get; init; }

    /// <summary>It came with a secret key: it is the shop's own word.</summary>
    public bool IsVerified { get; init; }

    /// <summary>A JSON object, empty where there is none.</summary>
    public byte[] Meta { get; init; } = [];

    /// <summary>A copy of an event.</summary>
    public static CustomerEvent Of(in EventRecord e, EventSlab slab) => new()
    {
        Type = e.Type,
        Id = e.Id,
        Cart = e.Cart,
        Customer = e.Customer,
        Store = e.Store,
        CartId = Encoding.UTF8.GetString(slab.CartOf(e)),
        Product = e.Product,
        ProductId = e.ProductLength == 0 ? "" : Encoding.UTF8.GetString(slab.ProductOf(e)),
        At = e.Timestamp,
        Amount = (e.Flags & EventFlags.HasPrice) != 0 ? e.Price * e.Quantity : 0,
        Currency = e.Currency,
        IsVerified = (e.Flags & EventFlags.Verified) != 0,
        Meta = slab.MetaOf(e).ToArray(),
    };
}
