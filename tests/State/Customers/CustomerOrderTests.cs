using CartRecovery.Engine.Events;
using CartRecovery.Engine.State.Customers;
using CartRecovery.Primitives;

namespace CartRecovery.Tests.State.Customers;

/// <summary>What a customer's record makes of orders that are told twice, cancelled, and in another currency.</summary>
public sealed class CustomerOrderTests
{
    [Test]
    public void An_order_told_again_counts_once_and_another_counts()
    {
        var history = Of(Order(1, 100), Order(1, 100), Order(2, 50), Order(1, 70), Order(0, 10), Order(0, 10));
        Assert.That((history.Orders, history.OrderValue), Is.EqualTo((4u, 170L)));
    }

    [Test]
    public void An_amount_in_another_currency_is_in_no_sum_and_in_no_mean()
    {
        var history = Of(Order(1, 100 * Money.PerUnit), Order(2, 15_000 * Money.PerUnit, isForeign: true), Order(3, 300 * Money.PerUnit));
        Assert.That((history.Orders, history.ForeignOrders, history.AverageOrderValue), Is.EqualTo((3u, (ushort)1, 200d)));
        Assert.That(Of(Order(2, 15_000, isForeign: true)).AverageOrderValue, Is.Zero);
    }

    [Test]
    public void A_cancelled_order_does_not_count_however_often_it_is_told()
    {
        var history = Of(Order(1, 100), Order(2, 300), Cancelled(2), Cancelled(2), Order(2, 300));
        Assert.That((history.Orders, history.OrderValue), Is.EqualTo((1u, 200L)));
        Assert.That(Of(Cancelled(7), Order(0, 5), Cancelled(0), Cancelled(7)).Orders, Is.EqualTo(1), "orders that are not known");
    }

    static CustomerInput Order(ulong id, long amount, bool isForeign = false) => new(EventType.Purchase, 5, amount, isForeign, id);

    static CustomerInput Cancelled(ulong id) => new(EventType.OrderCancelled, 5, 0, IsForeign: false, id);

    static CustomerHistory Of(params CustomerInput[] events)
    {
        var record = default(CustomerRecord);
        foreach (var e in events)
        {
            var input = e;
            new CustomerUpdate().Apply(ref record, ref input);
        }

        return record.History;
    }
}
