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
        var history = Of(Order(1, 100), Order(1, 100), Order(2, 50), Order(1, 100), Order(0, 10), Order(0, 10));
        Assert.That((history.Orders, history.OrderValue), Is.EqualTo((4u, 170 * Money.PerUnit)));
    }

    [Test]
    public void An_amount_in_another_currency_is_in_no_sum_and_in_no_mean()
    {
        var history = Of(Order(1, 100), Order(2, 15_000, isForeign: true), Order(3, 300));
        Assert.That((history.Orders, history.ForeignOrders, history.AverageOrderValue), Is.EqualTo((3u, (ushort)1, 200d)));
        Assert.That(Of(Order(2, 15_000, isForeign: true)).AverageOrderValue, Is.Zero);
    }

    [Test]
    public void An_order_without_a_currency_is_in_no_mean_of_a_customer_who_buys_in_several()
    {
        var unnamed = Order(3, 300) with { NamesCurrency = false };
        Assert.That(Of(Order(1, 100), unnamed).AverageOrderValue, Is.EqualTo(200), "all that is known is in the store's");
        var history = Of(Order(1, 100), Order(2, 15_000, isForeign: true), unnamed, Refund(3, 10) with { NamesCurrency = false });
        Assert.That((history.Orders, history.ForeignOrders, history.AverageOrderValue), Is.EqualTo((3u, (ushort)2, 100d)));
        history = Of(Order(2, 15_000, isForeign: true), Order(2, 14_000) with { NamesCurrency = false });
        Assert.That((history.Orders, history.ForeignOrders, history.AverageOrderValue), Is.EqualTo((1u, (ushort)1, 0d)), "an edit has the order's currency");
        history = Of(Order(1, 100), Order(2, 15_000, isForeign: true), Order(1, 80) with { NamesCurrency = false });
        Assert.That(history.AverageOrderValue, Is.EqualTo(80), "an edit of an order in the store's currency");
    }

    [Test]
    public void A_cancelled_order_does_not_count_however_often_it_is_told()
    {
        var history = Of(Order(1, 100), Order(2, 300), Cancelled(2), Cancelled(2), Order(2, 300));
        Assert.That((history.Orders, history.OrderValue), Is.EqualTo((1u, 100 * Money.PerUnit)));
        Assert.That(Of(Cancelled(7), Order(0, 5), Cancelled(0), Cancelled(7)).Orders, Is.EqualTo(1), "orders that are not known");
        history = Of(Order(1, 100), Order(2, 300, isForeign: true), Cancelled(2));
        Assert.That((history.Orders, history.ForeignOrders, history.AverageOrderValue), Is.EqualTo((1u, (ushort)0, 100d)));
    }

    [Test]
    public void The_mean_follows_edits_and_refunds()
    {
        Assert.That(Of(Order(1, 100), Order(2, 300), Order(1, 129.99m)).AverageOrderValue, Is.EqualTo(214.995), "edited");
        Assert.That(Of(Order(1, 100), Refund(1, 30)).AverageOrderValue, Is.EqualTo(70), "refunded in part");
        Assert.That(Of(Order(1, 100), Refund(1, 30), Refund(1, 100)).AverageOrderValue, Is.Zero, "the total told as a second refund");
        Assert.That(Of(Order(1, 100), Refund(1, 30), Order(1, 90)).AverageOrderValue, Is.EqualTo(60), "an edit leaves the refunds");
        Assert.That(Of(Order(1, 100), Order(2, 50), Refund(1, 0) with { IsWhole = true }).AverageOrderValue, Is.EqualTo(25), "the whole order");
        Assert.That(Of(Order(1, 100), Order(2, 50), Refund(0, 20)).AverageOrderValue, Is.EqualTo(65), "of the latest order");
        Assert.That(Of(Order(1, 100), Refund(1, 20) with { IsForeign = true }, Refund(9, 20)).AverageOrderValue, Is.EqualTo(100), "of another currency, or order");
        var none = Of(Order(1, 100), Refund(1, 30), Cancelled(1), Refund(1, 5), Order(1, 80));
        Assert.That((none.OrderValue, none.Orders), Is.EqualTo((0L, 0u)), "cancelled after a refund");
    }

    [Test]
    public void Lines_of_an_order_add_up_until_its_total_is_told()
    {
        Assert.That(Of(Line(1, 100), Line(1, 20)).AverageOrderValue, Is.EqualTo(120));
        Assert.That(Of(Line(1, 100), Order(1, 110), Line(1, 20)).AverageOrderValue, Is.EqualTo(110));
    }

    [Test]
    public void Orders_of_an_earlier_version_are_known_by_their_keys()
    {
        var record = new CustomerRecord { Version = 2, History = { Orders = 2, OrderValue = 400 * Money.PerUnit } };
        (record.Recent[0], record.Recent[1], record.Recent[2]) = (Key(1), Key(2), ~Key(3));
        var history = Of(record, Order(1, 999), Refund(2, 10), Order(3, 5), Cancelled(3));
        Assert.That((history.Orders, history.AverageOrderValue), Is.EqualTo((2u, 200d)), "told again, refunded, cancelled before");
        history = Of(record, Cancelled(2), Order(2, 7));
        Assert.That((history.Orders, history.AverageOrderValue), Is.EqualTo((1u, 200d)));
    }

    [Test]
    public void The_amounts_of_an_order_are_kept_to_five_digits()
    {
        foreach (var amount in new[] { 0m, 0.001m, 9.99m, 1_310.70m, 12_345.6m, 999_990m, 1_000_000_000m })
        {
            var order = RecentOrder.Of(Key(1), (long)(amount * Money.PerUnit), isForeign: false, isTotal: true).WithRefunded((long)(amount * Money.PerUnit));
            Assert.That((Money.ToDecimal(order.Value), Money.ToDecimal(order.Refunded), order.IsUnknown), Is.EqualTo((amount, amount, false)));
        }

        for (var amount = 1L; amount <= Money.MaxPrice * Money.PerUnit; amount = (amount * 3 / 2) + 1)
        {
            var kept = RecentOrder.Of(Key(1), amount, isForeign: false, isTotal: true).Value;
            Assert.That(Math.Abs(kept - amount), Is.LessThanOrEqualTo(Math.Max(5, amount / 20_000)), $"{amount}");
        }
    }

    static ulong Key(ulong id) => id * 0x9e3779b97f4a7c15;

    static CustomerInput Order(ulong id, decimal amount, bool isForeign = false) =>
        new(EventType.Purchase, 5, (long)(amount * Money.PerUnit), isForeign, Key(id));

    static CustomerInput Line(ulong id, decimal amount) => Order(id, amount) with { IsLine = true };

    static CustomerInput Refund(ulong id, decimal amount) => Order(id, amount) with { Type = EventType.Refund };

    static CustomerInput Cancelled(ulong id) => new(EventType.OrderCancelled, 5, 0, IsForeign: false, Key(id));

    static CustomerHistory Of(params CustomerInput[] events) => Of(default, events);

    static CustomerHistory Of(CustomerRecord record, params CustomerInput[] events)
    {
        foreach (var e in events)
        {
            var input = e;
            new CustomerUpdate().Apply(ref record, ref input);
        }

        return record.History;
    }
}
