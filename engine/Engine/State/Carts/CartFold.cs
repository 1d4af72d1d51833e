using System.Numerics;
using CartRecovery.Engine.Events;
using CartRecovery.Engine.Events.Identity;
using CartRecovery.Engine.Events.Shoppers;
using CartRecovery.Engine.Events.Slabs;
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

    // Products' keys depend on the store alone.
    static readonly IdHasher s_unkeyed = new([]);

    static readonly double[] s_distinct = DistinctByBits();

    /// <summary>Applies one event.</summary>
    /// <param name="cart">The record; all zero for a new cart.</param>
    /// <param name="e">The event.</param>
    /// <param name="slab">The slab that holds its texts.</param>
    /// <param name="defaultCurrency">The store's currency, used if no event of the cart names one.</param>
    /// <param name="ids">Derives the keys of the products in its items.</param>
    public static void Apply(ref CartRecord cart, in EventRecord e, EventSlab slab, uint defaultCurrency, IdHasher? ids = null)
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
        if (cart.EventCount == 1)
        {
            cart.Subject = CartRecord.SubjectOf(cart.UserId, e.Cart);
        }

        if (e.Device != DeviceKind.Unknown)
        {
            cart.Device = e.Device;
        }

        // The first event that names a traffic source determines it.
        if (cart.Source == TrafficSource.Unknown)
        {
            cart.Source = e.Source;
        }

        var currency = e.Currency;
        if (currency != 0 && currency != cart.Currency)
        {
            currency = FoldCurrency(ref cart, currency, slab);
        }

        if (e.Product != 0)
        {
            FoldProduct(ref cart, e.Product, at);
            (cart.CategoryViews, cart.CategoryAdds) = (e.CategoryViews, e.CategoryAdds);
        }

        // Prices of another currency than the contents' are not compared with theirs, and a total of an order or of several lines is no price.
        if ((e.Flags & EventFlags.HasPrice) != 0 && (currency == 0 || currency == cart.Currency)
            && ((e.Details & EventDetails.IsTotal) == 0
                || ((e.Details & EventDetails.HasLines) == 0 && !EventTypes.Has(e.Type, EventTraits.ChangesHistory | EventTraits.TellsCart))))
        {
            FoldPrice(ref cart, e.UnitPrice);
        }

        var before = cart.Checkout;
        FoldType(ref cart, e, slab, currency);
        if ((e.Details & (EventDetails.HasLines | EventDetails.IsTotal)) != 0 && !IsStale(before, cart, e))
        {
            FoldItems(ref cart, e, slab, currency, ids ?? s_unkeyed);
        }
    }

    static void FoldItems(ref CartRecord cart, in EventRecord e, EventSlab slab, uint currency, IdHasher ids)
    {
        if ((e.Details & EventDetails.HasLines) != 0)
        {
            CartItems.Fold(ref cart, e, slab, ids);
        }
        else if (EventTypes.Has(e.Type, EventTraits.TellsCart))
        {
            CartContents.SetValue(ref cart, e.Price, currency);
        }
    }

    // After an order its pages may still be told, late: only a whole cart and a new checkout say what is in the cart again.
    static bool IsStale(CheckoutStep before, in CartRecord cart, in EventRecord e) => before == CheckoutStep.Purchased
        && (e.Type is EventType.ViewCart or EventType.AddShippingInfo or EventType.AddPaymentInfo || (e.Type == EventType.BeginCheckout && e.Timestamp <= cart.PurchasedAt));

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
        if (e.UserLength == 0 || (e.Flags & EventFlags.ContentsOnly) != 0)
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

    // Returns the event's currency as it counts: 0 for the cart's.
    static uint FoldCurrency(ref CartRecord cart, uint currency, EventSlab slab)
    {
        if (slab.PredatesCurrencies)
        {
            cart.Currency = currency;
            return 0;
        }

        if (cart.Units == 0)
        {
            SetCurrency(ref cart, currency);
        }

        return currency;
    }

    // The currency of an empty cart is that of the latest event which names one; then its contents keep it.
    internal static void SetCurrency(ref CartRecord cart, uint currency)
    {
        cart.Currency = currency;
        cart.PriceCount = 0;
        cart.PriceSum = cart.PriceLowest = cart.PriceHighest = cart.PriceLast = 0;
    }

    internal static void FoldProduct(ref CartRecord cart, ulong product, long at)
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

    internal static void FoldPrice(ref CartRecord cart, long price)
    {
        cart.PriceLowest = cart.PriceCount == 0 ? price : Math.Min(cart.PriceLowest, price);
        cart.PriceHighest = Math.Max(cart.PriceHighest, price);
        cart.PriceSum = Money.Add(cart.PriceSum, price);
        cart.PriceLast = price;
        cart.PriceCount++;
    }

    static void FoldType(ref CartRecord cart, in EventRecord e, EventSlab slab, uint currency)
    {
        switch (e.Type)
        {
            case EventType.AddToCart:
                if (cart.Checkout == CheckoutStep.Purchased)
                {
                    cart.Checkout = CheckoutStep.None;
                }

                cart.LastAddAt = Math.Max(cart.LastAddAt, e.Timestamp);
                if ((e.Details & EventDetails.HasLines) == 0)
                {
                    CartContents.Add(ref cart, e.Product, e.Thousandths, e.Amount, currency);
                }

                break;
            case EventType.CartUpdated when cart.Checkout == CheckoutStep.Purchased:
                cart.Checkout = CheckoutStep.None;
                break;
            case EventType.RemoveFromCart when (e.Details & EventDetails.HasLines) == 0:
                if (CartContents.Remove(ref cart, e.Product, e.Thousandths, currency) is var other && other != 0)
                {
                    SetCurrency(ref cart, other);
                }

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
                var order = slab.PredatesCurrencies ? 0 : OrderId.KeyOf(slab.PlainMetaOf(e));
                if (order != 0 && order == cart.LastOrder)
                {
                    // Told again, or edited: not another order, and not what has been put into the cart since.
                    cart.Counts[(int)EventType.Purchase]--;
                    break;
                }

                cart.LastOrder = order == 0 ? cart.LastOrder : order;
                // An order ends the cart whichever of its lines the event names: nobody is reminded of what they bought.
                cart.Checkout = CheckoutStep.Purchased;
                cart.PurchasedAt = Math.Max(cart.PurchasedAt, e.Timestamp);
                CartContents.Clear(ref cart);
                break;
        }
    }

    // A checkout that begins after an order is a new one.
    static void Advance(ref CartRecord cart, CheckoutStep step) =>
        cart.Checkout = cart.Checkout == CheckoutStep.Purchased || step > cart.Checkout ? step : cart.Checkout;

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
