using System.Runtime.InteropServices;
using CartRecovery.Engine.Events;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.State.Customers;

/// <summary>
/// A customer's orders across carts; carts copy it. Times are milliseconds since 1970 UTC, money is in <see cref="Money"/> units. The
/// layout is persisted, in carts and customers, and never changes.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
public struct CustomerHistory
{
    /// <summary>The total value of the orders.</summary>
    public long OrderValue;

    /// <summary>The time of the latest order; 0 for never.</summary>
    public long LastOrderAt;

    /// <summary>The number of orders.</summary>
    public uint Orders;

    /// <summary>The number of orders that used a coupon.</summary>
    public uint DiscountedOrders;

    /// <summary>Whether a coupon was accepted since the latest order.</summary>
    public uint CouponPending;

    /// <summary>The number of refunded orders.</summary>
    public uint Refunds;

    /// <summary>Applies an event with <see cref="EventTraits.ChangesHistory"/>.</summary>
    public void Fold(in EventRecord e)
    {
        switch (e.Type)
        {
            case EventType.Purchase:
                Orders++;
                OrderValue = Money.Add(OrderValue, e.Price * e.Quantity);
                LastOrderAt = Math.Max(LastOrderAt, e.Timestamp);
                DiscountedOrders += CouponPending;
                CouponPending = 0;
                break;
            case EventType.CouponApplied:
                CouponPending = 1;
                break;
            case EventType.Refund:
                Refunds++;
                break;
        }
    }
}
