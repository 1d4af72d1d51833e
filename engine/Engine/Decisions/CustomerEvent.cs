using CartRecovery.Engine.Events;
using CartRecovery.Engine.Events.Identity;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Decisions;

/// <summary>
/// A copy of an event that matters beyond its cart, for the customer side of the engine: an order, a consent, an address, the outcome of a
/// message. Such events are rare, so a copy of each is affordable.
/// </summary>
public sealed record CustomerEvent
{
    /// <summary>The event's type.</summary>
    public required EventType Type { get; init; }

    /// <summary>The event's key.</summary>
    public required Hash128 Id { get; init; }

    /// <summary>The cart's key; of an event without a cart, the customer's.</summary>
    public required Hash128 Cart { get; init; }

    /// <summary>The customer's key; empty for an anonymous shopper.</summary>
    public Hash128 Customer { get; init; }

    /// <summary>The store's number.</summary>
    public required int Store { get; init; }

    /// <summary>The cart's id as sent by the shop; empty for an event without a cart.</summary>
    public required string CartId { get; init; }

    /// <summary>The product's key; 0 if there is none.</summary>
    public ulong Product { get; init; }

    /// <summary>The product's id as sent by the shop; empty if there is none.</summary>
    public string ProductId { get; init; } = "";

    /// <summary>Of an <see cref="EventType.Identify"/>, the customer's id as sent by the shop; empty for an anonymous shopper.</summary>
    public string UserId { get; init; } = "";

    /// <summary>Of a <see cref="EventType.CartMerged"/>, the key of the sender's session; 0 for none.</summary>
    public ulong Session { get; init; }

    /// <summary>Time of the event (ms since 1970 UTC).</summary>
    public required long At { get; init; }

    /// <summary>When it was received (ms since 1970 UTC); its own time if that is unknown.</summary>
    public long ReceivedAt { get => field == 0 ? At : field; init; }

    /// <summary>The <see cref="Amount"/> of a refund that names none: the price of its lines, or all that is left of its order.</summary>
    public const long WholeOrder = -1;

    /// <summary>The value, or price times quantity, in <see cref="Money"/> units.</summary>
    public long Amount { get; init; }

    /// <summary>ISO 4217 code, first letter lowest; 0 if the event has none.</summary>
    public uint Currency { get; init; }

    /// <summary>The currency of its cart, if the event has none; 0 if that is unknown.</summary>
    public uint CartCurrency { get; init; }

    /// <summary>The quantity of <see cref="Product"/>: see <see cref="Quantity"/>.</summary>
    public int Thousandths { get; init; } = Quantity.PerUnit;

    /// <summary>Whether the event names the value or the items of an order as a whole: its product is not one line of several.</summary>
    public bool IsWholeOrder { get; init; }

    /// <summary>The standing of the event's sender.</summary>
    public Standing Standing { get; init; }

    /// <summary><see langword="true"/> if its sender did not begin the cart, but knows its id, which the store keeps secret.</summary>
    public bool IsShared { get; init; }

    /// <summary>A key of the sender's network address; 0 if unknown.</summary>
    public ulong Network { get; init; }

    /// <summary>A JSON object; empty if there is none.</summary>
    public byte[] Meta { get; init; } = [];
}
