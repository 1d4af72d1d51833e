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

    /// <summary>1 if a coupon was accepted since the latest order.</summary>
    public ushort CouponPending;

    /// <summary>The number of orders in another currency than the store's, which <see cref="OrderValue"/> lacks. In bytes that were 0.</summary>
    public ushort ForeignOrders;

    /// <summary>The number of refunded orders.</summary>
    public uint Refunds;

    /// <summary>The mean value of the orders in the store's currency; 0 without one.</summary>
    public readonly double AverageOrderValue => Orders <= ForeignOrders ? 0 : Money.ToDouble(OrderValue) / (Orders - ForeignOrders);

    /// <summary>Applies an event with <see cref="EventTraits.ChangesHistory"/>. Does not deduplicate orders; <see cref="CustomerUpdate"/> does.</summary>
    public void Fold(in CustomerInput e)
    {
        switch (e.Type)
        {
            case EventType.Purchase:
                Orders++;
                OrderValue = Money.Add(OrderValue, e.IsForeign ? 0 : e.Amount);
                ForeignOrders += e.IsForeign && ForeignOrders < ushort.MaxValue ? (ushort)1 : (ushort)0;
                LastOrderAt = Math.Max(LastOrderAt, e.At);
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
