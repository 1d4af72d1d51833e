using CartRecovery.Engine.Events;
using CartRecovery.Engine.Learning.Datasets;
using CartRecovery.Engine.State;
using CartRecovery.Engine.State.Carts;
using CartRecovery.Primitives;

namespace CartRecovery.Tests.Learning.Datasets;

/// <summary>Labels of a row whose order is told again, edited, refunded or cancelled: the last word counts.</summary>
public sealed class OrderLabelTests
{
    const long Hour = 3_600_000, RowAt = Hour;

    static readonly uint s_euro = CurrencyCode.Parse("EUR");

    DatasetCollector _collector = null!;

    [SetUp]
    public void Add_a_row()
    {
        _collector = new DatasetCollector(new DatasetOptions { KnownUntil = long.MaxValue });
        var e = Event(EventType.AddToCart, RowAt, 0);
        _collector.OnEvent(Cart, e, isBot: false);
        _collector.OnRow(0, Cart, e, new FeatureMoment(RowAt, RowAt), RowAt);
    }

    [Test]
    public void An_order_told_again_counts_once()
    {
        Tell(EventType.Purchase, 2 * Hour, 50, order: 7);
        Tell(EventType.Purchase, 3 * Hour, 50, order: 7);
        Assert.That(Label(), Is.EqualTo((true, 50m)));
    }

    [Test]
    public void An_edited_order_has_its_last_value()
    {
        Tell(EventType.Purchase, 2 * Hour, 50, order: 7);
        Tell(EventType.Purchase, 3 * Hour, 30, order: 7);
        Assert.That(Label(), Is.EqualTo((true, 30m)));
    }

    [TestCase(7ul)]
    [TestCase(0ul, Description = "of the cart's latest order")]
    public void A_cancelled_order_is_none(ulong named)
    {
        Tell(EventType.Purchase, 2 * Hour, 50, order: 7);
        Tell(EventType.OrderCancelled, 90 * Hour, 0, order: named);
        Tell(EventType.Purchase, 91 * Hour, 60, order: 7);
        Assert.That(Label(), Is.EqualTo((false, 0m)), "an edit of a cancelled order changes nothing");
    }

    [Test]
    public void A_cancellation_of_another_order_changes_nothing()
    {
        Tell(EventType.Purchase, 2 * Hour, 50, order: 7);
        Tell(EventType.OrderCancelled, 3 * Hour, 0, order: 8);
        Assert.That(Label(), Is.EqualTo((true, 50m)));
    }

    [Test]
    public void A_browser_does_not_cancel_what_a_server_reported()
    {
        Tell(EventType.Purchase, 2 * Hour, 50, order: 7);
        Tell(EventType.OrderCancelled, 3 * Hour, 0, order: 7, isServer: false);
        Assert.That(Label(), Is.EqualTo((true, 50m)));
    }

    [Test]
    public void A_cancellation_that_names_no_cart_or_another_finds_the_order([Values] bool hasCart)
    {
        Tell(EventType.Purchase, 2 * Hour, 50, order: 7);
        var e = Event(EventType.OrderCancelled, 3 * Hour, 0) with { Cart = Hash128.Of("other"u8, seed: 0), CartLength = (byte)(hasCart ? 1 : 0), UserLength = 1 };
        _collector.OnOrder(default, e, order: 7);
        Assert.That(Label(), Is.EqualTo((false, 0m)));
    }

    [Test]
    public void A_refund_takes_its_amount_within_the_horizon_and_at_most_what_is_left()
    {
        Tell(EventType.Purchase, 2 * Hour, 50, order: 7);
        Tell(EventType.Purchase, 2 * Hour, 20, order: 8);
        Tell(EventType.Refund, 3 * Hour, 15, order: 7);
        Tell(EventType.Refund, 3 * Hour, 90, order: 8);
        Tell(EventType.Refund, 40 * Hour, 10, order: 7);
        Assert.That(Label(), Is.EqualTo((true, 35m)));
    }

    [Test]
    public void A_refund_without_an_amount_is_of_all_that_is_left()
    {
        Tell(EventType.Purchase, 2 * Hour, 50, order: 7);
        _collector.OnOrder(Cart, Event(EventType.Refund, 3 * Hour, 0) with { Flags = EventFlags.Server }, order: 7);
        Assert.That(Label(), Is.EqualTo((true, 0m)));
    }

    [Test]
    public void Orders_without_ids_are_orders_of_their_own()
    {
        Tell(EventType.Purchase, 2 * Hour, 50, order: 0);
        Tell(EventType.Purchase, 2 * Hour, 50, order: 0);
        Assert.That(Label(), Is.EqualTo((true, 100m)));
    }

    static CartRecord Cart => new() { Currency = s_euro };

    (bool IsPurchased, decimal Value) Label() => _collector.Build().Rows.Select(row => (row.Purchased, row.Value)).Single();

    void Tell(EventType type, long at, decimal amount, ulong order, bool isServer = true)
    {
        var e = Event(type, at, amount);
        e.Flags = (isServer ? EventFlags.Server : EventFlags.None) | EventFlags.HasPrice;
        _collector.OnEvent(Cart, e, isBot: false);
        _collector.OnOrder(Cart, e, order);
    }

    static EventRecord Event(EventType type, long at, decimal amount) => new()
    {
        Type = type,
        Cart = Hash128.Of("cart"u8, seed: 0),
        CartLength = 1,
        Timestamp = at,
        Price = (long)(amount * Money.PerUnit),
        Thousandths = Quantity.PerUnit,
        Flags = EventFlags.Server | EventFlags.HasPrice,
    };
}
