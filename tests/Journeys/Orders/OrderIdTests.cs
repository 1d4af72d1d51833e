using CartRecovery.Engine.Events;
using CartRecovery.Engine.Journeys.Policy;
using static CartRecovery.Tests.Journeys.JourneyFixture;

namespace CartRecovery.Tests.Journeys.Orders;

/// <summary>An order counts once, and never below 0.</summary>
public sealed class OrderIdTests
{
    const string Value = "SELECT coalesce(sum(value), 0) / 10000 FROM conversion", Orders = "SELECT count(DISTINCT order_id) FROM conversion WHERE value>0";

    JourneyFixture _shop = null!;

    [SetUp]
    public void Contact()
    {
        _shop = new JourneyFixture([Series(Step("socket"), Step("socket", hours: 48))]);
        _shop.Decide("c1", "u1");
        _shop.Pass(Minute);
    }

    [TearDown]
    public void Close() => _shop.Dispose();

    [TestCase("""{"orderId":"o1"}""")]
    [TestCase("""{"order_id":"o1"}""")]
    [TestCase("""{"transaction_id":"o1"}""")]
    [TestCase("""{"transactionId":"o1"}""")]
    [TestCase("""{"a":{"orderId":"x"},"orderId":4711,"b":[1]}""")]
    public void An_order_told_by_several_events_counts_once(string meta)
    {
        for (var i = 0; i < 3; i++)
        {
            _shop.Tell(EventType.Purchase, i == 2 ? "c7" : "c1", "u1", amount: 100, meta: meta);
            _shop.Pass(Minute);
        }

        Assert.That((_shop.Count(Value), _shop.Count(Orders)), Is.EqualTo((100, 1)));
    }

    [TestCase("")]
    [TestCase("""{"orderId":"undefined"}""")]
    [TestCase("""{"orderId":null}""")]
    [TestCase("""{"orderId":" "}""")]
    [TestCase("""{"orderId":{}}""")]
    public void Orders_without_an_id_are_orders_each(string meta)
    {
        _shop.Tell(EventType.Purchase, "c1", "u1", amount: 100, meta: meta);
        _shop.Pass(Minute);
        _shop.Tell(EventType.Purchase, "c1", "u1", amount: 100, meta: meta);
        Assert.That((_shop.Count(Value), _shop.Count(Orders)), Is.EqualTo((200, 2)));
    }

    [Test]
    public void A_second_value_edits_the_order_and_a_third_too()
    {
        Buy("o1", 100);
        Buy("o1", 80);
        Assert.That(_shop.Count(Value), Is.EqualTo(80));
        Buy("o1", 120);
        Assert.That((_shop.Count(Value), _shop.Count(Orders)), Is.EqualTo((120, 1)));
    }

    [Test]
    public void Lines_of_an_order_add_up_and_each_is_edited_alone()
    {
        Buy("o1", 60, product: 1);
        Buy("o1", 40, product: 2);
        Buy("o1", 40, product: 2);
        Assert.That((_shop.Count(Value), _shop.Count(Orders)), Is.EqualTo((100, 1)));
        Buy("o1", 10, product: 2);
        Assert.That(_shop.Count(Value), Is.EqualTo(70));
        Buy("o1", 90);
        Assert.That((_shop.Count(Value), _shop.Count(Orders)), Is.EqualTo((90, 1)));
    }

    [Test]
    public void An_order_of_somebody_who_was_not_contacted_does_not_count_for_somebody_who_was()
    {
        _shop.Tell(EventType.Purchase, "c9", "u9", amount: 100, meta: """{"orderId":"o1"}""");
        Buy("o1", 100);
        Assert.That(_shop.Count(Value), Is.Zero);
    }

    [Test]
    public void The_total_told_as_a_second_refund_leaves_nothing_and_never_less()
    {
        Buy("o1", 100);
        Refund(30, "o1");
        Assert.That(_shop.Count(Value), Is.EqualTo(70));
        Refund(100, "o1");
        Assert.That(_shop.Count(Value), Is.Zero);
        Refund(5, "o1");
        Refund(5, null);
        Assert.That(_shop.Count(Value), Is.Zero);
    }

    [Test]
    public void A_refund_without_an_amount_is_of_the_whole_order_that_it_names()
    {
        Buy("o1", 100);
        Buy("o2", 50);
        Refund(0, "o1");
        Assert.That(_shop.Count(Value), Is.EqualTo(150), "an amount of nothing");
        Refund(-0.0001m, "o1");
        Assert.That(_shop.Count(Value), Is.EqualTo(50));
    }

    [Test]
    public void A_refund_that_names_no_order_is_of_the_carts_latest()
    {
        Buy("o1", 100);
        Buy("o2", 50);
        Refund(80, null);
        Assert.That(_shop.Count(Value), Is.EqualTo(100));
        Assert.That(_shop.Count("SELECT count(*) FROM conversion WHERE order_id='o:o2' AND value<0"), Is.EqualTo(1));
    }

    [Test]
    public void A_refund_may_come_from_another_cart_if_it_names_the_order()
    {
        Buy("o1", 100);
        _shop.Tell(EventType.Refund, "c5", amount: 40, meta: """{"orderId":"o1"}""");
        Assert.That(_shop.Count(Value), Is.EqualTo(60));
    }

    [Test]
    public void A_cancelled_order_is_worth_nothing_and_telling_it_again_does_not_revive_it()
    {
        Buy("o1", 100);
        Refund(30, "o1");
        Cancel("o1");
        Cancel("o1");
        Refund(10, "o1");
        Buy("o1", 100);
        Assert.That(_shop.Count(Value), Is.Zero);
    }

    [Test]
    public void An_edit_to_less_than_was_refunded_leaves_nothing()
    {
        Buy("o1", 100);
        Refund(60, "o1");
        Buy("o1", 50);
        Assert.That(_shop.Count(Value), Is.Zero);
    }

    [Test]
    public void A_cancellation_ends_no_series()
    {
        _shop.Tell(EventType.OrderCancelled, "c1", "u1", meta: """{"orderId":"o1"}""");
        Assert.That(_shop.Reasons, Is.Empty);
    }

    [Test]
    public void Whoever_has_bought_as_a_guest_is_not_reminded_at_the_same_address()
    {
        using var shop = new JourneyFixture([Series(Step("mail", hours: 1))]);
        shop.Know("c1", "u1", "b@shop.example");
        shop.Decide("c1", "u1");
        shop.Pass(10 * Minute);
        shop.Tell(EventType.Purchase, "guest", amount: 50);
        shop.Identify("guest", null, "B@shop.example");
        shop.Pass(2 * Hour);
        Assert.That(shop.Sent, Is.Empty);
        Assert.That(shop.Reasons, Is.EqualTo(new[] { WithheldReason.Purchased }));
    }

    [Test]
    public void The_address_may_be_known_before_the_order_or_by_a_customer()
    {
        foreach (var user in new[] { null, "u2" })
        {
            using var shop = new JourneyFixture([Series(Step("mail", hours: 1))]);
            shop.Know("c1", "u1", "b@shop.example");
            shop.Decide("c1", "u1");
            shop.Pass(10 * Minute);
            shop.Identify("other", user, "b+tag@shop.example");
            shop.Tell(EventType.Purchase, "other", user, amount: 50);
            shop.Pass(2 * Hour);
            Assert.That(shop.Reasons, Is.EqualTo(new[] { WithheldReason.Purchased }), user ?? "guest");
        }
    }

    [Test]
    public void Another_address_or_an_earlier_order_suppresses_nothing()
    {
        using var shop = new JourneyFixture([Series(Step("mail", hours: 1))]);
        shop.Identify("early", null, "b@shop.example");
        shop.Tell(EventType.Purchase, "early", amount: 50, at: Noon - (3 * Hour));
        shop.Tell(EventType.Purchase, "guest", amount: 50);
        shop.Tell(EventType.Identify, "guest", meta: """{"email":"c@shop.example"}""");
        shop.Know("c1", "u1", "b@shop.example");
        shop.Decide("c1", "u1");
        shop.Pass(2 * Hour);
        Assert.That(shop.Sent, Has.Count.EqualTo(1));
    }

    void Buy(string order, decimal amount, ulong product = 0)
    {
        _shop.Tell(EventType.Purchase, "c1", "u1", amount: amount, product: product, meta: $$"""{"orderId":"{{order}}"}""");
        _shop.Pass(Minute);
    }

    void Refund(decimal amount, string? order)
    {
        _shop.Tell(EventType.Refund, "c1", "u1", amount: amount, meta: order is null ? "" : $$"""{"orderId":"{{order}}"}""");
        _shop.Pass(Minute);
    }

    void Cancel(string order)
    {
        _shop.Tell(EventType.OrderCancelled, "c1", "u1", meta: $$"""{"orderId":"{{order}}"}""");
        _shop.Pass(Minute);
    }
}
