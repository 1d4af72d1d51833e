namespace CartRecovery.Engine.Events;

/// <summary>What happened. The names on the wire are the snake-case ones of <see cref="EventTypes"/>; the numbers are stored, so they
/// never change.</summary>
public enum EventType : byte
{
    None = 0,
    PageView = 1,
    ViewItem = 2,
    AddToCart = 3,
    RemoveFromCart = 4,
    ViewCart = 5,
    BeginCheckout = 6,
    AddShippingInfo = 7,
    AddPaymentInfo = 8,
    Purchase = 9,
    Refund = 10,
    CouponApplied = 11,
    CouponDenied = 12,
    Identify = 13,
    Consent = 14,
    Delivered = 15,
    Opened = 16,
    Clicked = 17,
    Dismissed = 18,
    Unsubscribed = 19,
    Bounced = 20,
    Complained = 21,
}

/// <summary>The event types' names on the wire.</summary>
public static class EventTypes
{
    /// <summary>One more than the highest type.</summary>
    public const int Count = 22;

    static readonly string[] s_names =
    [
        "", "page_view", "view_item", "add_to_cart", "remove_from_cart", "view_cart", "begin_checkout", "add_shipping_info",
        "add_payment_info", "purchase", "refund", "coupon_applied", "coupon_denied", "identify", "consent", "delivered", "opened",
        "clicked", "dismissed", "unsubscribed", "bounced", "complained",
    ];

    /// <summary>Every name, in the types' order.</summary>
    public static IReadOnlyList<string> Names { get; } = s_names[1..];

    /// <summary>Whether such an event changes what a cart holds, how far its checkout got, or who it belongs to.</summary>
    public static bool ChangesCart(EventType type) =>
        type is (>= EventType.AddToCart and <= EventType.Identify) and not EventType.ViewCart;

    /// <summary>The type's name on the wire.</summary>
    public static string NameOf(EventType type) => s_names[(int)type];

    /// <summary>The type of this name, or <see cref="EventType.None"/>.</summary>
    public static EventType Parse(ReadOnlySpan<byte> name) => name.Length switch
    {
        6 => name.SequenceEqual("refund"u8) ? EventType.Refund : name.SequenceEqual("opened"u8) ? EventType.Opened : EventType.None,
        7 => name.SequenceEqual("consent"u8) ? EventType.Consent : name.SequenceEqual("clicked"u8) ? EventType.Clicked
            : name.SequenceEqual("bounced"u8) ? EventType.Bounced : EventType.None,
        8 => name.SequenceEqual("purchase"u8) ? EventType.Purchase : name.SequenceEqual("identify"u8) ? EventType.Identify : EventType.None,
        9 => name.SequenceEqual("page_view"u8) ? EventType.PageView : name.SequenceEqual("view_item"u8) ? EventType.ViewItem
            : name.SequenceEqual("view_cart"u8) ? EventType.ViewCart : name.SequenceEqual("delivered"u8) ? EventType.Delivered
            : name.SequenceEqual("dismissed"u8) ? EventType.Dismissed : EventType.None,
        10 => name.SequenceEqual("complained"u8) ? EventType.Complained : EventType.None,
        11 => name.SequenceEqual("add_to_cart"u8) ? EventType.AddToCart : EventType.None,
        12 => name.SequenceEqual("unsubscribed"u8) ? EventType.Unsubscribed : EventType.None,
        13 => name.SequenceEqual("coupon_denied"u8) ? EventType.CouponDenied : EventType.None,
        14 => name.SequenceEqual("begin_checkout"u8) ? EventType.BeginCheckout
            : name.SequenceEqual("coupon_applied"u8) ? EventType.CouponApplied : EventType.None,
        16 => name.SequenceEqual("remove_from_cart"u8) ? EventType.RemoveFromCart
            : name.SequenceEqual("add_payment_info"u8) ? EventType.AddPaymentInfo : EventType.None,
        17 => name.SequenceEqual("add_shipping_info"u8) ? EventType.AddShippingInfo : EventType.None,
        _ => EventType.None,
    };
}
