using System.Runtime.InteropServices;
using CartRecovery.Engine.Events.Identity;
using CartRecovery.Engine.Events.Shoppers;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Events;

/// <summary>
/// A decoded and validated event of fixed width. Its texts (ids as the shop wrote them) are contiguous in the slab's text from
/// <see cref="TextOffset"/>: event id, cart, user, session, product, meta.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
public struct EventRecord
{
    /// <summary>The key of (store, cart); of an event without a cart, the customer's.</summary>
    public Hash128 Cart;

    /// <summary>The key of (store, user); none for an anonymous shopper.</summary>
    public Hash128 Customer;

    /// <summary>The key of (store, event id).</summary>
    public Hash128 Id;

    /// <summary>The key of the session id; 0 for none.</summary>
    public ulong Session;

    /// <summary>The key of the product id; 0 for none.</summary>
    public ulong Product;

    /// <summary>When it happened, in milliseconds since 1970 UTC, clamped to the allowed range.</summary>
    public long Timestamp;

    /// <summary>
    /// The process's highest event time when it was ingested, including its own (<see cref="CartRecovery.Engine.Events.Clocks.Watermark"/>).
    /// </summary>
    public long Watermark;

    /// <summary>The key of the cart's secret; 0 for none. Of a copy, which has no meta, the key of its order.</summary>
    public ulong CartSecret;

    /// <summary>The unit price in <see cref="Money"/> units, or with <see cref="EventDetails.IsTotal"/> the total; valid with <see cref="EventFlags.HasPrice"/>.</summary>
    public long Price;

    /// <summary>The quantity in thousandths: see <see cref="CartRecovery.Primitives.Quantity"/>; of one unit by default.</summary>
    public int Thousandths;

    /// <summary>The offset of its texts in the slab.</summary>
    public int TextOffset;

    /// <summary>Bytes of its meta; 0 for none.</summary>
    public int MetaLength;

    /// <summary>The ISO 4217 code, first letter lowest; 0 for none.</summary>
    public uint Currency;

    /// <summary>The low 32 bits of its index among all events of its source. Not persisted.</summary>
    public uint SourceIndex;

    /// <summary>The store's number.</summary>
    public ushort Store;

    public EventType Type;
    public EventFlags Flags;
    public DeviceKind Device;
    public TrafficSource Source;

    /// <summary>How often the product's category is looked at now, over all shoppers, with this event: <see cref="Popularity"/>; 0 without one.</summary>
    public Half CategoryViews;

    /// <summary>How often products of the category are put into carts and bought now, over all shoppers; 0 without one.</summary>
    public Half CategoryAdds;

    public byte IdLength;
    public byte CartLength;
    public byte UserLength;
    public byte SessionLength;
    public byte ProductLength;

    public EventDetails Details;

    /// <summary>The standing of the event's sender.</summary>
    public readonly Standing Standing =>
        (Flags & EventFlags.Server) != 0 ? Standing.Server : (Flags & EventFlags.Proven) != 0 ? Standing.Proven : Standing.Claimed;

    /// <summary>The total price; 0 without <see cref="EventFlags.HasPrice"/>.</summary>
    public readonly long Amount => (Details & EventDetails.IsTotal) != 0 ? Price : Primitives.Quantity.Price(Price, Thousandths);

    /// <summary>The price of one unit, rounded; 0 without <see cref="EventFlags.HasPrice"/>.</summary>
    public readonly long UnitPrice => (Details & EventDetails.IsTotal) == 0 || Thousandths is Primitives.Quantity.PerUnit or 0
        ? Price : (long)((((Int128)Price * Primitives.Quantity.PerUnit) + (Thousandths / 2)) / Thousandths);

    /// <summary>The quantity in units.</summary>
    public readonly decimal Quantity => Primitives.Quantity.ToDecimal(Thousandths);

    /// <summary>Whether it is about a customer and no cart. An erased event has neither.</summary>
    public readonly bool HasNoCart => CartLength == 0 && UserLength != 0;

    /// <summary>Whether it is a copy for the customer records of another partition than its cart's. It counts as an event only there.</summary>
    public readonly bool IsCopy => (Flags & EventFlags.ChangesNoCart) != 0 && !HasNoCart;

    /// <summary>Bytes of its ids.</summary>
    public readonly int IdsLength => IdLength + CartLength + UserLength + SessionLength + ProductLength;

    /// <summary>Bytes of all its texts.</summary>
    public readonly int TextLength => IdsLength + MetaLength;
}

/// <summary>How the engine interprets an event's items and amount. The numbers are persisted in the journal and never change.</summary>
[Flags]
public enum EventDetails : byte
{
    None = 0,

    /// <summary>The items are lines of the cart, which the fold reads from the meta; else the event's own product, price and quantity count.</summary>
    HasLines = 1,

    /// <summary>The items name products.</summary>
    NamesProducts = 2,

    /// <summary>The price is the total of the event, whatever its quantity: of an order, of a line, or of several lines.</summary>
    IsTotal = 4,

    /// <summary>Some of the lines name another currency than the event.</summary>
    HasCurrencies = 8,

    All = 15,
}
