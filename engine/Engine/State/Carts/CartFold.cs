using System.Numerics;
using CartRecovery.Engine.Events;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.State.Carts;

/// <summary>
/// Applies an event to a cart. A pure function of the record and the event that takes its time from the event alone, so replaying the
/// same events gives the same record, byte for byte.
/// </summary>
public static class CartFold
{
    /// <summary>The inactivity after which a session without session ids ends, in milliseconds (as in GA4).</summary>
    public const long SessionGap = 30 * 60 * 1000;

    static readonly double[] s_distinct = DistinctByBits();

    /// <summary>Applies one event.</summary>
    /// <param name="cart">The record; all zero for a new cart.</param>
    /// <param name="e">The event.</param>
    /// <param name="slab">The slab that holds its texts.</param>
    /// <param name="defaultCurrency">The store's currency, used if no event of the cart names one.</param>
    public static void Apply(ref CartRecord cart, in EventRecord e, EventSlab slab, uint defaultCurrency)
    {
        var at = e.Timestamp;
        if (cart.EventCount == 0)
        {
            Begin(ref cart, e, slab, defaultCurrency);
        }
        else if (at > cart.LastAt)
        {
            cart.LastGap = at - cart.LastAt;
        }

        FoldSession(ref cart, e, slab);
        cart.FirstAt = Math.Min(cart.FirstAt, at);
        cart.LastAt = Math.Max(cart.LastAt, at);
        cart.EventCount++;
        if (cart.Standing != Standing.Server)
        {
            FoldStanding(ref cart, e, slab);
        }

        cart.Counts[(int)e.Type]++;

        FoldUser(ref cart, e, slab);

        if (e.Device != DeviceKind.Unknown)
        {
            cart.Device = e.Device;
        }

        // The first event that names a traffic source determines it.
        if (cart.Source == TrafficSource.Unknown)
        {
            cart.Source = e.Source;
        }

        if (e.Currency != 0)
        {
            cart.Currency = e.Currency;
        }

        if (e.Product != 0)
        {
            FoldProduct(ref cart, e.Product, at);
        }

        if ((e.Flags & EventFlags.HasPrice) != 0)
        {
            FoldPrice(ref cart, e.Price);
        }

        FoldType(ref cart, e);
    }

    static void Begin(ref CartRecord cart, in EventRecord e, EventSlab slab, uint defaultCurrency)
    {
        cart.Version = CartRecord.CurrentVersion;
        cart.FirstAt = cart.LastAt = e.Timestamp;
        cart.Store = e.Store;
        cart.Currency = defaultCurrency;
        cart.CartLength = e.CartLength;
        slab.CartOf(e).CopyTo(cart.CartText);
    }

    static void FoldSession(ref CartRecord cart, in EventRecord e, EventSlab slab)
    {
        var isNew = cart.EventCount == 0
            || (e.Session != 0 ? e.Session != cart.Session : cart.Session == 0 && e.Timestamp - cart.LastAt > SessionGap);
        if (isNew)
        {
            cart.Session = e.Session;
            cart.SessionStartedAt = e.Timestamp;
            cart.SessionEvents = 0;
            cart.SessionCount++;
            cart.LastProduct = 0;
            cart.ProductStreak = 0;
            cart.SessionLength = e.SessionLength;
            slab.SessionOf(e).CopyTo(cart.SessionText);
        }

        cart.SessionStartedAt = Math.Min(cart.SessionStartedAt, e.Timestamp);
        cart.SessionEvents++;
    }

    static void FoldStanding(ref CartRecord cart, in EventRecord e, EventSlab slab)
    {
        if (slab.PredatesStanding)
        {
            cart.Standing = Standing.Server;
        }
        else if (e.Standing > cart.Standing && Vouches(e))
        {
            cart.Standing = e.Standing;
        }
    }

    // The engine makes message events itself, of clicks: they repeat what the cart says of its shopper, and vouch for nothing.
    static bool Vouches(in EventRecord e) => !EventTypes.Has(e.Type, EventTraits.Message);

    // A browser's word does not replace the user that a server named, or a token proved; and whoever only knows the cart's id names no user.
    static void FoldUser(ref CartRecord cart, in EventRecord e, EventSlab slab)
    {
        if (e.UserLength == 0 || (e.Flags & EventFlags.Shared) != 0)
        {
            return;
        }

        var isSame = slab.UserOf(e).SequenceEqual(cart.UserId);
        if (slab.PredatesStanding)
        {
            slab.UserOf(e).CopyTo(cart.UserText);
            (cart.UserLength, cart.UserStanding) = (e.UserLength, Standing.Server);
        }
        else if (!isSame && e.Standing >= cart.UserStanding && Vouches(e))
        {
            slab.UserOf(e).CopyTo(cart.UserText);
            cart.UserLength = e.UserLength;
            cart.UserStanding = e.Standing;
        }
        else if (isSame && e.Standing > cart.UserStanding && Vouches(e))
        {
            cart.UserStanding = e.Standing;
        }
    }

    static void FoldProduct(ref CartRecord cart, ulong product, long at)
    {
        var seen = 1UL << (int)(product >> 58);
        if (product != cart.LastProduct)
        {
            // Probably seen before: the bit in the sketch may belong to another product.
            cart.ProductReturns += (cart.ProductSketch & seen) != 0 ? 1u : 0;
            cart.LastProduct = product;
            cart.ProductSince = at;
            cart.ProductStreak = 0;
        }

        cart.ProductSince = Math.Min(cart.ProductSince, at);
        cart.ProductStreak++;
        cart.ProductSketch |= seen;
    }

    static void FoldPrice(ref CartRecord cart, long price)
    {
        cart.PriceLowest = cart.PriceCount == 0 ? price : Math.Min(cart.PriceLowest, price);
        cart.PriceHighest = Math.Max(cart.PriceHighest, price);
        cart.PriceSum = Money.Add(cart.PriceSum, price);
        cart.PriceLast = price;
        cart.PriceCount++;
    }

    static void FoldType(ref CartRecord cart, in EventRecord e)
    {
        switch (e.Type)
        {
            case EventType.AddToCart:
                if (cart.Checkout == CheckoutStep.Purchased)
                {
                    cart.Checkout = CheckoutStep.None;
                }

                cart.LastAddAt = Math.Max(cart.LastAddAt, e.Timestamp);
                Add(ref cart, e);
                break;
            case EventType.RemoveFromCart:
                Remove(ref cart, e);
                break;
            case EventType.BeginCheckout:
                Advance(ref cart, CheckoutStep.Begun);
                break;
            case EventType.AddShippingInfo:
                Advance(ref cart, CheckoutStep.Shipping);
                break;
            case EventType.AddPaymentInfo:
                Advance(ref cart, CheckoutStep.Payment);
                break;
            case EventType.Purchase:
                // An order ends the cart whichever of its lines the event names: nobody is reminded of what they bought.
                cart.Checkout = CheckoutStep.Purchased;
                cart.PurchasedAt = Math.Max(cart.PurchasedAt, e.Timestamp);
                cart.Lines = default;
                cart.Others = default;
                cart.LineCount = 0;
                cart.ItemCount = 0;
                cart.Value = 0;
                break;
        }
    }

    // A checkout that begins after an order is a new one.
    static void Advance(ref CartRecord cart, CheckoutStep step) =>
        cart.Checkout = cart.Checkout == CheckoutStep.Purchased || step > cart.Checkout ? step : cart.Checkout;

    static void Add(ref CartRecord cart, in EventRecord e)
    {
        ref var line = ref LineOf(ref cart, e.Product);
        var value = e.Price * e.Quantity;
        line.Quantity = (int)Math.Min((long)line.Quantity + e.Quantity, int.MaxValue);
        line.Value = Money.Add(line.Value, value);
        cart.ItemCount = (int)Math.Min((long)cart.ItemCount + e.Quantity, int.MaxValue);
        cart.Value = Money.Add(cart.Value, value);
    }

    // Removed units are valued at the price they were added at, whatever price the event names.
    static void Remove(ref CartRecord cart, in EventRecord e)
    {
        var index = IndexOf(cart, e.Product);
        ref var line = ref cart.Others;
        if (index >= 0)
        {
            line = ref cart.Lines[index];
        }

        if (line.Quantity == 0)
        {
            return;
        }

        var quantity = Math.Min(e.Quantity, line.Quantity);
        var value = quantity == line.Quantity ? line.Value : (long)((Int128)line.Value * quantity / line.Quantity);
        line.Quantity -= quantity;
        line.Value -= value;
        cart.ItemCount -= quantity;
        cart.Value -= value;
        if (line.Quantity == 0 && index >= 0)
        {
            Span<CartLine> lines = cart.Lines;
            lines[(index + 1)..cart.LineCount].CopyTo(lines[index..]);
            lines[--cart.LineCount] = default;
        }
    }

    static ref CartLine LineOf(ref CartRecord cart, ulong product)
    {
        var index = IndexOf(cart, product);
        if (index < 0)
        {
            if (cart.LineCount == CartLines.Capacity)
            {
                return ref cart.Others;
            }

            index = cart.LineCount++;
            cart.Lines[index].Product = product;
        }

        return ref cart.Lines[index];
    }

    static int IndexOf(in CartRecord cart, ulong product)
    {
        for (var i = 0; i < cart.LineCount; i++)
        {
            if (cart.Lines[i].Product == product)
            {
                return i;
            }
        }

        return -1;
    }

    /// <summary>Estimates the number of distinct products in a sketch by linear counting: 0–266.</summary>
    public static double EstimateDistinct(ulong sketch) => s_distinct[BitOperations.PopCount(sketch)];

    // By number of bits set. With all bits set the estimate is unbounded, so the previous one is used.
    static double[] DistinctByBits()
    {
        var estimates = new double[65];
        for (var bits = 0; bits < 64; bits++)
        {
            estimates[bits] = 64 * Math.Log(64.0 / (64 - bits));
        }

        estimates[64] = estimates[63];
        return estimates;
    }
}
