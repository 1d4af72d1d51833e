using System.Runtime.InteropServices;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Events;

/// <summary>
/// A decoded, validated event in fixed width. Its texts (ids as the shop wrote them) lie one behind the other in the slab's text, from
/// <see cref="TextOffset"/>: event id, cart, user, session, product, meta.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
public struct EventRecord
{
    /// <summary>The key of (store, cart).</summary>
    public Hash128 Cart;

    /// <summary>The key of (store, user); none for an anonymous shopper.</summary>
    public Hash128 Customer;

    /// <summary>The key of (store, event id).</summary>
    public Hash128 Id;

    /// <summary>The key of the session id; 0 where there is none.</summary>
    public ulong Session;

    /// <summary>The key of the product id; 0 where there is none.</summary>
    public ulong Product;

    /// <summary>When it happened: milliseconds since 1970 UTC, clamped to the limits of lateness.</summary>
    public long Timestamp;

    /// <summary>The highest event time in the process when it was taken in, its own included (<see cref="CartRecovery.Engine.Events.Watermark"/>).</summary>
    public long Watermark;

    /// <summary>The price of one unit in <see cref="Money"/> units; meaningful with <see cref="EventFlags.HasPrice"/>.</summary>
    public long Price;

    /// <summary>Units, 1 where the event does not say.</summary>
    public int Quantity;

    /// <summary>Where the texts start in the slab.</summary>
    public int TextOffset;

    /// <summary>Bytes of its meta; 0 where there is none.</summary>
    public int MetaLength;

    /// <summary>Three letters of ISO 4217, first letter lowest; 0 where the event does not say.</summary>
    public uint Currency;

    /// <summary>The store's place in the configuration.</summary>
    public ushort Store;

    public EventType Type;
    public EventFlags Flags;
    public DeviceKind Device;
    public TrafficSource Source;

    public byte IdLength;
    public byte CartLength;
    public byte UserLength;
    public byte SessionLength;
    public byte ProductLength;

    /// <summary>Bytes of its ids.</summary>
    public readonly int IdsLength => IdLength + CartLength + UserLength + SessionLength + ProductLength;

    /// <summary>Bytes of all its texts.</summary>
    public readonly int TextLength => IdsLength + MetaLength;
}

/// <summary>What else is known of an event.</summary>
[Flags]
public enum EventFlags : byte
{
    None = 0,

    /// <summary>It names a price.</summary>
    HasPrice = 1,

    /// <summary>Its time was too far off and was clamped.</summary>
    Clamped = 2,

    /// <summary>It came with a secret key, so an order counts.</summary>
    Verified = 4,

    /// <summary>A copy for another partition's customer records: it changes no cart.</summary>
    CustomerCopy = 8,

    /// <summary>An event of this id was there before: it changes nothing.</summary>
    Duplicate = 16,
}
