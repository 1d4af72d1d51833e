using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using CartRecovery.Engine.Events.Shoppers;
using CartRecovery.Engine.State.Customers;

namespace CartRecovery.Engine.State.Carts;

/// <summary>A cart's record in data folders of format 3. Read-only: <see cref="ToCurrent"/> takes it over.</summary>
[StructLayout(LayoutKind.Sequential)]
struct CartRecordVersion3
{
    public const int Shape = 3;

    public long FirstAt;
    public long LastAt;
    public long LastGap;
    public long SessionStartedAt;
    public ulong Session;
    public ulong OwnerSession;
    public long LastAddAt;
    public long PurchasedAt;
    public long TimerAt;
    public long IdleDoneAt;
    public long LastInterventionAt;
    public long ConnectionId;
    public ulong ProductSketch;
    public ulong LastProduct;
    public long ProductSince;
    public long PriceSum;
    public long PriceLowest;
    public long PriceHighest;
    public long PriceLast;
    public long Value;
    public CustomerHistory History;
    public int ItemCount;
    public uint PriceCount;
    public uint ProductStreak;
    public uint ProductReturns;
    public uint EventCount;
    public uint SessionEvents;
    public uint SessionCount;
    public uint Currency;
    public ushort Store;
    public CheckoutStep Checkout;
    public DeviceKind Device;
    public TrafficSource Source;
    public byte LineCount;
    public byte CartLength;
    public byte UserLength;
    public byte SessionLength;
    public TypeCountsVersion3 Counts;
    public CartLines Lines;
    public CartLine Others;
    public IdText CartText;
    public IdText UserText;
    public IdText SessionText;

    /// <summary>Returns the same cart as a current record.</summary>
    public static CartRecord ToCurrent(in CartRecordVersion3 old)
    {
        var cart = new CartRecord
        {
            FirstAt = old.FirstAt,
            LastAt = old.LastAt,
            LastGap = old.LastGap,
            SessionStartedAt = old.SessionStartedAt,
            Session = old.Session,
            OwnerSession = old.OwnerSession,
            LastAddAt = old.LastAddAt,
            PurchasedAt = old.PurchasedAt,
            TimerAt = old.TimerAt,
            IdleDoneAt = old.IdleDoneAt,
            LastInterventionAt = old.LastInterventionAt,
            ConnectionId = old.ConnectionId,
            ProductSketch = old.ProductSketch,
            LastProduct = old.LastProduct,
            ProductSince = old.ProductSince,
            PriceSum = old.PriceSum,
            PriceLowest = old.PriceLowest,
            PriceHighest = old.PriceHighest,
            PriceLast = old.PriceLast,
            Value = old.Value,
            History = old.History,
            Units = old.ItemCount,
            PriceCount = old.PriceCount,
            ProductStreak = old.ProductStreak,
            ProductReturns = old.ProductReturns,
            EventCount = old.EventCount,
            SessionEvents = old.SessionEvents,
            SessionCount = old.SessionCount,
            Currency = old.Currency,
            Store = old.Store,
            Checkout = old.Checkout,
            Device = old.Device,
            Source = old.Source,
            LineCount = old.LineCount,
            CartLength = old.CartLength,
            UserLength = old.UserLength,
            SessionLength = old.SessionLength,
            Lines = old.Lines,
            Others = old.Others,
            CartText = old.CartText,
            UserText = old.UserText,
            SessionText = old.SessionText,
        };
        ((ReadOnlySpan<uint>)old.Counts).CopyTo(cart.Counts);
        cart.Upgrade();
        return cart;
    }
}

/// <summary>A counter for each of the 22 types of format 3.</summary>
[InlineArray(22)]
struct TypeCountsVersion3
{
    uint _first;
}
