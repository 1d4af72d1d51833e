using CartRecovery.Engine.Events;
using CartRecovery.Engine.Events.Shoppers;
using CartRecovery.Engine.State.Carts;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.State;

/// <summary>The moment for which features are computed.</summary>
/// <param name="At">The moment, in milliseconds since 1970 UTC.</param>
/// <param name="LocalAt">The same moment in the store's local time: shifted by its zone's offset.</param>
/// <param name="Money">In which amounts are compared and scored; <see langword="null"/> for the cart's currency.</param>
/// <param name="IsHoliday">Whether the local day is a public holiday in the store's country.</param>
public readonly record struct FeatureMoment(long At, long LocalAt, StoreMoney? Money = null, bool IsHoliday = false);

/// <summary>Computes a feature of a cart at a moment.</summary>
public delegate float FeatureFunction(in CartRecord cart, in FeatureMoment moment);

/// <summary>A feature, available to models, campaign conditions and API clients.</summary>
/// <param name="Name">Its name, in snake case.</param>
/// <param name="Unit">count, money (in the cart's currency), seconds, days, ratio (0–1), flag (0 or 1), hour, day, weekday or step.</param>
/// <param name="Description">What it means.</param>
/// <param name="Computation">How it is computed from events.</param>
/// <param name="Compute">The code that computes it.</param>
public sealed record FeatureDefinition(string Name, string Unit, string Description, string Computation, FeatureFunction Compute)
{
    /// <summary>What it is computed from.</summary>
    public FeatureSource Source { get; init; } = FeatureSource.Cart;

    /// <summary>Whether it changes with the moment, without another event.</summary>
    public bool ChangesWithTime { get; init; }

    /// <summary>Rises when the computation changes, so that values of before and after are not taken for the same.</summary>
    public int Version { get; init; } = 1;

    /// <summary>Whether it is an amount in the cart's currency, which may be another than the store's.</summary>
    public bool IsInCartCurrency { get; } = Unit == "money" && Name != CustomerAverage;

    internal const string CustomerAverage = "customer_average_order_value";

    /// <summary>Computes the feature as campaigns compare it: an amount in the store's currency, NaN if that is not known.</summary>
    public float Compare(in CartRecord cart, in FeatureMoment moment)
    {
        var value = Compute(cart, moment);
        return IsInCartCurrency && moment.Money is { } money && cart.Currency != money.Currency ? (float)(value * money.FactorOf(cart.Currency)) : value;
    }
}

/// <summary>What a feature is computed from.</summary>
public enum FeatureSource
{
    /// <summary>The cart's events.</summary>
    Cart,

    /// <summary>The customer's history over all carts, as of the cart's latest event.</summary>
    Customer,

    /// <summary>What all shoppers of the store do, as of the cart's latest event.</summary>
    Shoppers,

    /// <summary>The store's clock.</summary>
    Clock,
}

/// <summary>Declares all features. The order is that of presentation; models and campaigns refer to features by name.</summary>
public static class FeatureTable
{
    const float MillisecondsPerDay = 24 * 60 * 60 * 1000f;

    /// <summary>All features.</summary>
    public static IReadOnlyList<FeatureDefinition> All { get; } =
    [
        new("event_count", "count", "Events of the cart", "every event counts", (in c, in _) => c.EventCount),
        Count("page_views", "Pages viewed", EventType.PageView),
        Count("item_views", "Product views, including repeats", EventType.ViewItem),
        Count("adds", "Additions to the cart", EventType.AddToCart),
        Count("removes", "Removals from the cart", EventType.RemoveFromCart),
        Count("cart_views", "Cart views", EventType.ViewCart),
        Count("coupons_applied", "Accepted coupons", EventType.CouponApplied),
        Count("coupons_denied", "Refused coupons", EventType.CouponDenied),
        Count("purchases", "Orders of the cart", EventType.Purchase),
        Count("refunds", "Refunds of the cart", EventType.Refund),
        new("item_count", "count", "Units in the cart", "quantities added less removed; 0 after a purchase",
            (in c, in _) => (float)((double)c.Units / Quantity.PerUnit)),
        new("cart_value", "money", "Value of the cart's contents", "price times quantity of each unit in the cart",
            (in c, in _) => (float)Money.ToDouble(c.Value)),
        new("average_item_price", "money", "Mean price of a unit in the cart", "cart_value / item_count; 0 for an empty cart",
            (in c, in _) => c.Units == 0 ? 0 : (float)(Money.ToDouble(c.Value) * Quantity.PerUnit / c.Units)),
        new("average_seen_price", "money", "Mean price over the cart's events", "mean of the prices of all events that name one",
            (in c, in _) => c.PriceCount == 0 ? 0 : (float)(Money.ToDouble(c.PriceSum) / c.PriceCount)),
        new("lowest_seen_price", "money", "Lowest price seen", "minimum over the events that name one",
            (in c, in _) => (float)Money.ToDouble(c.PriceLowest)),
        new("highest_seen_price", "money", "Highest price seen", "maximum over the events that name one",
            (in c, in _) => (float)Money.ToDouble(c.PriceHighest)),
        new("last_seen_price", "money", "Latest price seen", "price of the latest event that names one",
            (in c, in _) => (float)Money.ToDouble(c.PriceLast)),
        new("price_spread", "ratio", "Relative spread of the prices seen", "(highest_seen_price - lowest_seen_price) / highest_seen_price",
            (in c, in _) => c.PriceHighest <= 0 ? 0 : (float)(c.PriceHighest - c.PriceLowest) / c.PriceHighest),
        new("distinct_products", "count", "Distinct products seen (estimate)", "linear counting over 64 bits of the product ids' hashes",
            (in c, in _) => (float)CartFold.EstimateDistinct(c.ProductSketch)),
        new("repeat_view_share", "ratio", "Share of the product views that were repeats", "1 - distinct_products / item_views; 0 without views",
            (in c, in _) => Repeats(c)),
        new("product_streak", "count", "Consecutive events on the latest product", "events of the session since it named another product",
            (in c, in _) => c.ProductStreak),
        new("product_seconds", "seconds", "Time spent on the latest product", "latest event - first event of the product_streak; 0 without one",
            (in c, in _) => c.ProductStreak == 0 ? 0 : (c.LastAt - c.ProductSince) / 1000f),
        new("product_returns", "count", "Returns to a product (estimate)",
            "changes to a product whose bit of 64 in the sketch of distinct_products was set", (in c, in _) => c.ProductReturns),
        new("category_views_now", "count", "How often the latest product's category is looked at now, over all shoppers (estimate)",
            "views, additions and orders of the category, halved every 10 minutes, as of the event; 0 without meta.category", (in c, in _) => (float)c.CategoryViews) { Source = FeatureSource.Shoppers },
        new("category_adds_now", "count", "How often products of that category are put into carts and bought now, over all shoppers (estimate)",
            "additions and orders of the category, halved every 40 minutes, as of the event; 0 without meta.category", (in c, in _) => (float)c.CategoryAdds) { Source = FeatureSource.Shoppers },
        new("remove_add_ratio", "ratio", "Share of additions that were removed", "removes / adds, at most 1; 0 without adds",
            (in c, in _) => Ratio(c.CountOf(EventType.RemoveFromCart), c.CountOf(EventType.AddToCart))),
        new("checkout_step", "step", "Furthest checkout step: 0 not begun, 1 begun, 2 shipping, 3 payment, 4 purchased",
            "the furthest of begin_checkout, add_shipping_info, add_payment_info and purchase; begins anew when something is added after a purchase",
            (in c, in _) => (float)c.Checkout),
        new("seconds_since_last_event", "seconds", "Inactivity before the moment described",
            "at an event: the time since the latest event at an earlier time; at an idle trigger: the time since the latest event",
            (in c, in m) => (m.At > c.LastAt ? m.At - c.LastAt : c.LastGap) / 1000f) { ChangesWithTime = true },
        new("seconds_since_last_add", "seconds", "Time since the latest addition to the cart", "moment - latest add_to_cart; -1 without one",
            (in c, in m) => c.LastAddAt == 0 ? -1 : Math.Max(0, m.At - c.LastAddAt) / 1000f) { ChangesWithTime = true },
        new("session_seconds", "seconds", "Length of the session so far", "latest event - first event of its session",
            (in c, in _) => (c.LastAt - c.SessionStartedAt) / 1000f),
        new("session_events", "count", "Events of the session", "events since the session began", (in c, in _) => c.SessionEvents),
        new("session_count", "count", "Sessions of the cart",
            "changes of sessionId, or 30 minutes of inactivity where events carry none", (in c, in _) => c.SessionCount),
        new("hour_of_day", "hour", "Hour on the store's clock, 0-23", "the moment in the store's zone",
            (in _, in m) => (int)(Floor(m.LocalAt, 3_600_000) % 24)) { Source = FeatureSource.Clock, ChangesWithTime = true },
        new("day_of_week", "weekday", "Weekday on the store's clock: 0 Sunday to 6 Saturday", "the moment in the store's zone",
            (in _, in m) => Weekday(m.LocalAt)) { Source = FeatureSource.Clock, ChangesWithTime = true },
        new("day_of_month", "day", "Day of the month on the store's clock, 1-31: when wages are paid", "the moment in the store's zone",
            (in _, in m) => DateTime.UnixEpoch.AddMilliseconds(m.LocalAt).Day) { Source = FeatureSource.Clock, ChangesWithTime = true },
        new("is_weekend", "flag", "Saturday or Sunday on the store's clock", "the moment in the store's zone",
            (in _, in m) => Weekday(m.LocalAt) is 0 or 6 ? 1 : 0) { Source = FeatureSource.Clock, ChangesWithTime = true },
        new("is_holiday", "flag", "A public holiday in the store's country, on the store's clock",
            "the moment's day is a holiday of the whole country; 0 without stores.country, or for a country without a calendar",
            (in _, in m) => m.IsHoliday ? 1 : 0) { Source = FeatureSource.Clock, ChangesWithTime = true },
        new("is_mobile", "flag", "The shopper uses a phone", "meta.device is mobile", (in c, in _) => c.Device == DeviceKind.Mobile ? 1 : 0),
        new("is_tablet", "flag", "The shopper uses a tablet", "meta.device is tablet", (in c, in _) => c.Device == DeviceKind.Tablet ? 1 : 0),
        new("is_desktop", "flag", "The shopper uses a desktop", "meta.device is desktop",
            (in c, in _) => c.Device == DeviceKind.Desktop ? 1 : 0),
        Source("direct", TrafficSource.Direct),
        Source("organic", TrafficSource.Organic),
        Source("paid", TrafficSource.Paid),
        Source("email", TrafficSource.Email),
        Source("social", TrafficSource.Social),
        Source("referral", TrafficSource.Referral),
        new("is_known_customer", "flag", "The shopper is signed in", "an event of the cart named a userId",
            (in c, in _) => c.UserLength == 0 ? 0 : 1),
        new("customer_orders", "count", "Orders of the customer, over all carts", "purchase events of the userId",
            (in c, in _) => c.History.Orders) { Source = FeatureSource.Customer },
        new(FeatureDefinition.CustomerAverage, "money", "Mean value of the customer's orders", "value of the orders in the store's currency / their number",
            (in c, in _) => (float)c.History.AverageOrderValue) { Source = FeatureSource.Customer },
        new("customer_days_since_last_order", "days", "Days since the customer's last order", "moment - latest order; -1 without one",
            (in c, in m) => c.History.Orders == 0 ? -1 : Math.Max(0, m.At - c.History.LastOrderAt) / MillisecondsPerDay) { Source = FeatureSource.Customer, ChangesWithTime = true },
        new("customer_refunds", "count", "Refunds of the customer, over all carts", "refund events of the userId", (in c, in _) => c.History.Refunds) { Source = FeatureSource.Customer },
        new("customer_discount_share", "ratio", "Share of the customer's orders that used a coupon",
            "orders with a coupon_applied before them / orders", (in c, in _) => Ratio(c.History.DiscountedOrders, c.History.Orders)) { Source = FeatureSource.Customer },
    ];

    /// <summary>All names, in the table's order.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. All.Select(f => f.Name)];

    /// <summary>Finds a feature by name.</summary>
    /// <exception cref="KeyNotFoundException">No such feature exists.</exception>
    public static FeatureDefinition Get(string name) =>
        All.FirstOrDefault(f => f.Name == name) ?? throw new KeyNotFoundException($"unknown feature '{name}'");

    static FeatureDefinition Count(string name, string description, EventType type) =>
        new(name, "count", description, $"{EventTypes.NameOf(type)} events", (in c, in _) => c.CountOf(type));

    static FeatureDefinition Source(string source, TrafficSource kind) => new($"from_{source}", "flag", $"The shopper came from {source} traffic",
        $"meta.source of the first event that names one is {source}", (in c, in _) => c.Source == kind ? 1 : 0);

    static float Ratio(uint part, uint whole) => whole == 0 ? 0 : Math.Min(1, (float)part / whole);

    static float Repeats(in CartRecord c)
    {
        var views = c.CountOf(EventType.ViewItem);
        return views == 0 ? 0 : (float)Math.Clamp(1 - (CartFold.EstimateDistinct(c.ProductSketch) / views), 0, 1);
    }

    static long Floor(long value, long unit) => (long)Math.Floor((double)value / unit);

    // 1970 began on a Thursday.
    static int Weekday(long localAt) => (int)((Floor(localAt, 86_400_000) + 4) % 7);
}
