using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using CartRecovery.Engine.Events;
using CartRecovery.Engine.State.Customers;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.State.Carts;

/// <summary>
/// Everything the engine knows of one cart, in fixed width and without references, so that FASTER keeps it in place, spills it to disk
/// and checkpoints it as it is. What every event touches comes first; the ids, which only a decision reads, come last.
/// Times are milliseconds since 1970 UTC in event time, 0 for never; money is in <see cref="Money"/> units.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
public struct CartRecord
{
    /// <summary>When the first event happened.</summary>
    public long FirstAt;

    /// <summary>When the latest event happened.</summary>
    public long LastAt;

    /// <summary>How long before the latest event the one before it happened, in milliseconds.</summary>
    public long LastGap;

    /// <summary>When the session began that the latest event belongs to.</summary>
    public long SessionStartedAt;

    /// <summary>The key of that session's id; 0 where the events name none.</summary>
    public ulong Session;

    /// <summary>The key of the session that began the cart.</summary>
    public ulong OwnerSession;

    /// <summary>When something was last put into the cart.</summary>
    public long LastAddAt;

    /// <summary>When the cart was last bought.</summary>
    public long PurchasedAt;

    /// <summary>When the timer in the wheel is due; 0 while there is none.</summary>
    public long TimerAt;

    /// <summary>Until when idle campaigns have had their turn in this idle episode; 0 while none has.</summary>
    public long IdleDoneAt;

    /// <summary>When the cart's last intervention was decided.</summary>
    public long LastInterventionAt;

    /// <summary>The connection that last changed the cart and may be answered; 0 for none.</summary>
    public long ConnectionId;

    /// <summary>A 64-bit linear-counting sketch of the products seen (Whang et al. 1990).</summary>
    public ulong ProductSketch;

    /// <summary>The product of the latest event of the session that named one; 0 for none.</summary>
    public ulong LastProduct;

    /// <summary>When the events began that name it without another between.</summary>
    public long ProductSince;

    /// <summary>Sum of the prices seen, for their mean.</summary>
    public long PriceSum;

    /// <summary>The lowest price seen.</summary>
    public long PriceLowest;

    /// <summary>The highest price seen.</summary>
    public long PriceHighest;

    /// <summary>The price last seen.</summary>
    public long PriceLast;

    /// <summary>The value of what is in the cart.</summary>
    public long Value;

    /// <summary>The customer's history as of the latest event that named the customer.</summary>
    public CustomerRecord History;

    /// <summary>Units in the cart.</summary>
    public int ItemCount;

    /// <summary>Events with a price.</summary>
    public uint PriceCount;

    /// <summary>Events in a row that name <see cref="LastProduct"/>; such as name no product between them are not counted.</summary>
    public uint ProductStreak;

    /// <summary>How often the events came back to a product that was seen before another.</summary>
    public uint ProductReturns;

    public uint EventCount;
    public uint SessionEvents;
    public uint SessionCount;

    /// <summary>ISO 4217 code, first letter lowest.</summary>
    public uint Currency;

    public ushort Store;

    /// <summary>How far the checkout got: see <see cref="CheckoutStep"/>.</summary>
    public CheckoutStep Checkout;

    public DeviceKind Device;
    public TrafficSource Source;

    /// <summary>Lines in use.</summary>
    public byte LineCount;

    public byte CartLength;
    public byte UserLength;
    public byte SessionLength;

    /// <summary>How many events of each type there were.</summary>
    public TypeCounts Counts;

    /// <summary>What is in the cart, in the order in which it was added.</summary>
    public CartLines Lines;

    /// <summary>The products that found no line of their own, together.</summary>
    public CartLine Others;

    public IdText CartText;
    public IdText UserText;
    public IdText SessionText;

    /// <summary>Whether the last intervention is so long ago that there may be another. A cart that is not free now is not so for the same moment later.</summary>
    public readonly bool IsFree(long at, long window) => LastInterventionAt == 0 || at - LastInterventionAt >= window;

    /// <summary>Where in the record the user's id is, in bytes.</summary>
    internal static int UserOffset { get; } = OffsetOfUser();

    /// <summary>How many events of this type there were.</summary>
    public readonly uint CountOf(EventType type) => Counts[(int)type];

    /// <summary>The cart's id as the shop writes it, in UTF-8.</summary>
    [UnscopedRef]
    public readonly ReadOnlySpan<byte> CartId => ((ReadOnlySpan<byte>)CartText)[..CartLength];

    /// <summary>The user's id, empty for an anonymous shopper.</summary>
    [UnscopedRef]
    public readonly ReadOnlySpan<byte> UserId => ((ReadOnlySpan<byte>)UserText)[..UserLength];

    /// <summary>The session's id, empty where there is none.</summary>
    [UnscopedRef]
    public readonly ReadOnlySpan<byte> SessionId => ((ReadOnlySpan<byte>)SessionText)[..SessionLength];

    static int OffsetOfUser()
    {
        var cart = default(CartRecord);
        return (int)Unsafe.ByteOffset(ref Unsafe.As<CartRecord, byte>(ref cart), ref Unsafe.As<IdText, byte>(ref cart.UserText));
    }
}

/// <summary>How far a checkout got.</summary>
public enum CheckoutStep : byte
{
    None = 0,
    Begun = 1,
    Shipping = 2,
    Payment = 3,
    Purchased = 4,
}

/// <summary>One product in a cart.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct CartLine
{
    /// <summary>The key of the product's id; 0 where the events name none.</summary>
    public ulong Product;

    /// <summary>What the units cost together.</summary>
    public long Value;

    /// <summary>Units.</summary>
    public int Quantity;
}

/// <summary>A counter for each event type.</summary>
[InlineArray(EventTypes.Count)]
public struct TypeCounts
{
    uint _first;
}

/// <summary>The cart's lines.</summary>
[InlineArray(Capacity)]
public struct CartLines
{
    public const int Capacity = 7;
    CartLine _first;
}

/// <summary>An id in place.</summary>
[InlineArray(EventSlab.MaxIdLength)]
public struct IdText
{
    byte _first;
}
