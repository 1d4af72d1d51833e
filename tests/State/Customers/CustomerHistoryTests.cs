using System.Runtime.InteropServices;
using CartRecovery.Engine.Events;
using CartRecovery.Engine.State.Customers;
using CartRecovery.Primitives;
using CartRecovery.Tests.Events;
using static CartRecovery.Tests.State.Carts.CartFoldFixture;

namespace CartRecovery.Tests.State.Customers;

public sealed class CustomerHistoryTests
{
    [Test]
    public void Orders_form_a_customers_history()
    {
        var customer = Of(
            new("purchase", Start) { Price = 20, Quantity = 2 },
            new("coupon_applied", Start + Minute),
            new("coupon_applied", Start + 2 * Minute),
            new("purchase", Start + 3 * Minute) { Price = 10 },
            new("purchase", Start + 4 * Minute),
            new("refund", Start + 5 * Minute));

        Assert.That((customer.Orders, customer.OrderValue, customer.LastOrderAt), Is.EqualTo((3u, 50 * Money.PerUnit, Start + 4 * Minute)));
        Assert.That((customer.DiscountedOrders, customer.CouponPending, customer.Refunds), Is.EqualTo((1u, 0u, 1u)));
    }

    [Test]
    public void A_coupon_counts_for_the_next_order()
    {
        var customer = Of(new TestEvent("coupon_applied", Start));
        Assert.That((customer.DiscountedOrders, customer.CouponPending, customer.Orders), Is.EqualTo((0u, 1u, 0u)));
    }

    [Test]
    public void A_late_order_is_not_the_last_order() =>
        Assert.That(Of(new("purchase", Start), new("purchase", Start - Minute)).LastOrderAt, Is.EqualTo(Start));

    [Test]
    public void Only_orders_coupons_and_refunds_change_it()
    {
        // A cancelled order is one of the record's.
        foreach (var type in Enum.GetValues<EventType>().Where(t => t is not (EventType.None or EventType.OrderCancelled)))
        {
            var changed = Of(new TestEvent(EventTypes.NameOf(type), Start) { Price = 5 });
            Assert.That(EventTypes.Has(type, EventTraits.ChangesHistory), Is.EqualTo(MemoryMarshal.AsBytes(new ReadOnlySpan<CustomerHistory>(ref changed)).ContainsAnyExcept((byte)0)), $"{type}");
        }
    }

    static CustomerHistory Of(params TestEvent[] events)
    {
        var customer = default(CustomerHistory);
        foreach (var e in events)
        {
            var slab = EventReading.Slab(e);
            customer.Fold(CustomerInput.Of(slab.Records[0], slab, CurrencyCode.Parse("USD")));
        }

        return customer;
    }
}
