using System.Runtime.InteropServices;
using CartRecovery.Engine.Events;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.State.Customers;

/// <summary>What the engine knows of one customer, across carts. Times are milliseconds since 1970 UTC, money is in
/// <see cref="Money"/> units.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct CustomerRecord
{
    /// <summary>What the orders came to, together.</summary>
    public long OrderValue;

    /// <summary>When the last order was placed; 0 for never.</summary>
    public long LastOrderAt;

    /// <summary>Orders placed.</summary>
    public uint Orders;

    /// <summary>Orders in which a coupon was used.</summary>
    public uint DiscountedOrders;

    /// <summary>A coupon was accepted since the last order.</summary>
    public uint CouponPending;

    /// <summary>Orders that were refunded.</summary>
    public uint Refunds;

    /// <summary>Folds an event with <see cref="EventTraits.ChangesHistory"/> in.</summary>
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

/// <summary>Folds events into customers' records.</summary>
public readonly struct CustomerUpdate : IRecordUpdate<CustomerRecord, EventRecord>
{
    /// <inheritdoc/>
    public bool MayCreate(in EventRecord input) => true;

    /// <inheritdoc/>
    public void Apply(ref CustomerRecord record, ref EventRecord input) => record.Fold(input);
}
