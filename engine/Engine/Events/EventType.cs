namespace CartRecovery.Engine.Events;

/// <summary>The type of an event. The numbers are persisted and never change; <see cref="EventTypes"/> has a row for each.</summary>
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
    OrderCancelled = 22,
    CartUpdated = 23,
    CartMerged = 24,
}
