using CartRecovery.Engine.Events;
using CartRecovery.Engine.Events.Identity;
using CartRecovery.Engine.Journeys.Orders;
using CartRecovery.Engine.Journeys.Policy;
using CartRecovery.Engine.Journeys.Reports;
using CartRecovery.Tests.Support;
using static CartRecovery.Tests.Journeys.JourneyFixture;

namespace CartRecovery.Tests.Journeys.Orders;

/// <summary>What an order is worth, what edits it and what refunds it.</summary>
public sealed class OrderRulesTests
{
    const string Items = "\"items\":[{\"item_id\":\"A\",\"price\":30,\"quantity\":2},{\"item_id\":\"B\",\"price\":40}]";

    JourneyFixture _shop = null!;
    OrderTeller _orders = null!;

    [SetUp]
    public void Contact()
    {
        _shop = new JourneyFixture([Series(Step("socket"), Step("socket", hours: 48))]);
        _shop.Decide("c1", "u1");
        _shop.Pass(Minute);
        _orders = new OrderTeller(_shop);
    }

    [TearDown]
    public void Close() => _shop.Dispose();

    [Test]
    public void A_refund_of_lines_without_prices_takes_those_of_the_order_and_each_unit_once()
    {
        _orders.Tell(EventType.Purchase, "o1", 100, isWhole: true, meta: Items);
        foreach (var left in new[] { 70, 40, 40 })
        {
            _orders.Tell(EventType.Refund, "o1", null, meta: "\"items\":[{\"productId\":\"A\"}]");
            Assert.That(_orders.Left(), Is.EqualTo($"EUR {left}"));
        }

        _orders.Tell(EventType.Refund, "o1", null, meta: "\"items\":[{\"productId\":\"X\"},{\"productId\":\"B\",\"price\":15}]");
        Assert.That(_orders.Left(), Is.EqualTo("EUR 25"));
    }

    [Test]
    public void A_variant_is_found_by_its_product()
    {
        _orders.Tell(EventType.Purchase, "o1", 100, isWhole: true, meta: "\"items\":[{\"item_id\":\"A\",\"variant\":\"red\",\"price\":60},{\"item_id\":\"B\",\"price\":40}]");
        _orders.Tell(EventType.Refund, "o1", null, meta: "\"items\":[{\"item_id\":\"A\"}]");
        Assert.That(_orders.Left(), Is.EqualTo("EUR 40"));
    }

    [Test]
    public void Lines_without_prices_share_the_value_of_their_order()
    {
        _orders.Tell(EventType.Purchase, "o1", 100, isWhole: true, meta: "\"items\":[{\"item_id\":\"A\",\"price\":40},{\"item_id\":\"B\",\"quantity\":3}]");
        _orders.Tell(EventType.Refund, "o1", null, meta: "\"items\":[{\"item_id\":\"B\"}]");
        Assert.That(_orders.Left(), Is.EqualTo("EUR 80"));
    }

    [Test]
    public void A_line_that_was_an_event_of_its_own_is_refunded_by_its_units()
    {
        _orders.Tell(EventType.Purchase, "o1", 50, product: 1, thousandths: 2000);
        _orders.Tell(EventType.Purchase, "o1", 40, product: 2);
        _orders.Tell(EventType.Refund, "o1", null, product: 1);
        Assert.That(_orders.Left(), Is.EqualTo("EUR 65"));
    }

    [Test]
    public void A_refund_of_unknown_lines_waits_for_them()
    {
        _orders.Tell(EventType.Purchase, "o1", 100);
        _orders.Tell(EventType.Refund, "o1", null, meta: "\"items\":[{\"productId\":\"B\"}]");
        Assert.That(_orders.Left(), Is.EqualTo("EUR 100"));
        _orders.Tell(EventType.Purchase, "o1", 100, isWhole: true, meta: Items);
        Assert.That(_orders.Left(), Is.EqualTo("EUR 60"));
    }

    [Test]
    public void An_order_without_a_currency_has_its_carts()
    {
        _orders.Tell(EventType.Purchase, "o1", 100, cartCurrency: "USD");
        Assert.That(_orders.Left(), Is.EqualTo("USD 100"));
        _orders.Tell(EventType.Purchase, "o1", 80, cartCurrency: "EUR", cart: "c2");
        Assert.That(_orders.Left(), Is.EqualTo("USD 80"), "and an edit has the order's");
    }

    [Test]
    public void A_refund_without_a_currency_has_its_orders_and_one_in_another_takes_nothing()
    {
        _orders.Tell(EventType.Purchase, "o1", 100, "USD");
        _orders.Tell(EventType.Refund, "o1", 30);
        _orders.Tell(EventType.Refund, "o1", 50, "EUR");
        Assert.That(_orders.Left(), Is.EqualTo("USD 70"));
    }

    [Test]
    public void An_order_in_two_currencies_is_cancelled_in_each()
    {
        _orders.Tell(EventType.Purchase, "o1", 100, "USD", product: 1);
        _orders.Tell(EventType.Purchase, "o1", 15_000, "JPY", product: 2);
        _orders.Tell(EventType.Refund, "o1", 20_000, "JPY");
        Assert.That(_orders.Left(), Is.EqualTo("JPY 0, USD 100"));
        _orders.Tell(EventType.OrderCancelled, "o1", null);
        Assert.That(_orders.Left(), Is.EqualTo("JPY 0, USD 0"));
    }

    [Test]
    public void An_edit_to_another_currency_takes_the_refunds_of_the_first_along()
    {
        _orders.Tell(EventType.Purchase, "o1", 50, "EUR");
        _orders.Tell(EventType.Refund, "o1", 30, "EUR");
        _orders.Tell(EventType.Purchase, "o1", 50, "USD");
        Assert.That(_orders.Left(), Is.EqualTo("USD 50"));
    }

    [Test]
    public void Another_single_item_replaces_the_order()
    {
        _orders.Tell(EventType.Purchase, "o1", 50, product: 1, isWhole: true, meta: "\"items\":[{\"item_id\":\"A\",\"price\":50}]");
        _orders.Tell(EventType.Purchase, "o1", 70, product: 2, isWhole: true, meta: "\"items\":[{\"item_id\":\"B\",\"price\":70}]");
        Assert.That(_orders.Left(), Is.EqualTo("EUR 70"));
    }

    [TestCase(0)]
    [TestCase(1)]
    [TestCase(2)]
    public void Lines_say_what_a_total_is_made_of_whichever_comes_first(int place)
    {
        for (var i = 0; i < 3; i++)
        {
            if (i == place)
            {
                _orders.Tell(EventType.Purchase, "o1", 100);
            }

            if (i < 2)
            {
                _orders.Tell(EventType.Purchase, "o1", i == 0 ? 60 : 35, product: (ulong)i + 1);
            }
        }

        Assert.That(_orders.Left(), Is.EqualTo("EUR 100"));
    }

    [Test]
    public void Refunds_that_are_read_before_their_order_wait_for_it()
    {
        _orders.Tell(EventType.Refund, "o1", 30, cart: "c9", user: null);
        _orders.Tell(EventType.OrderCancelled, "o2", null, cart: "c9", user: null);
        _orders.Tell(EventType.Purchase, "o1", 100);
        _orders.Tell(EventType.Purchase, "o2", 50);
        Assert.That((_orders.Left("o1"), _orders.Left("o2")), Is.EqualTo(("EUR 70", "EUR 0")));
    }

    [Test]
    public void A_refund_of_an_order_that_counts_for_no_journey_is_not_kept()
    {
        _orders.Tell(EventType.Purchase, "o1", 100, cart: "c9", user: "u9");
        _orders.Tell(EventType.Refund, "o1", 30, cart: "c9", user: "u9");
        Assert.That(_shop.Count("SELECT count(*) FROM refund"), Is.Zero);
    }

    [Test]
    public void An_order_keeps_a_bounded_number_of_refunds()
    {
        _orders.Tell(EventType.Purchase, "o1", 1000);
        for (var i = 0; i < RefundTable.MaxOfOrder + 5; i++)
        {
            _orders.Tell(EventType.Refund, "o1", 1);
        }

        Assert.That(_orders.Left(), Is.EqualTo("EUR 900"));
    }

    [Test]
    public void An_edit_that_was_received_before_the_present_value_is_old()
    {
        _orders.Tell(EventType.Purchase, "o1", 100, receivedAt: Noon + 5000);
        _orders.Tell(EventType.Purchase, "o1", 80, receivedAt: Noon + 4000, cart: "c2", at: Noon + 6000);
        Assert.That(_orders.Left(), Is.EqualTo("EUR 100"));
        _orders.Tell(EventType.Purchase, "o1", 70, receivedAt: Noon + 6000, cart: "c2", at: Noon - 6000);
        Assert.That(_orders.Left(), Is.EqualTo("EUR 70"));
    }

    [Test]
    public void A_refund_is_of_the_carts_latest_order_whatever_their_clocks_say()
    {
        _orders.Tell(EventType.Purchase, null, 100);
        _orders.Tell(EventType.Refund, null, 30, at: _shop.Now - Hour);
        Assert.That(_orders.Left(), Is.EqualTo("EUR 70"));
    }

    [Test]
    public void A_late_click_attributes_the_refunds_of_its_order_too()
    {
        var click = _shop.Now;
        _shop.Now += Hour;
        _orders.Tell(EventType.Purchase, "o1", 100);
        _orders.Tell(EventType.Refund, "o1", 30, at: _shop.Now + (30 * Day));
        _shop.Tell(EventType.Clicked, "c1", "u1", meta: $$"""{"intervention":"{{_shop.Sent[0].Id}}"}""", at: click);
        Assert.That(_shop.Count("SELECT sum(value)/10000 FROM conversion WHERE touch='click'"), Is.EqualTo(70));
    }

    [Test]
    public void A_browsers_orders_fill_no_table_and_count_for_a_journey_only()
    {
        for (var i = 0; i < 30; i++)
        {
            _orders.Tell(EventType.Purchase, $"x{i}", 10, cart: "c7", user: null, standing: Standing.Claimed);
            _orders.Tell(EventType.Refund, $"y{i}", 10, cart: "c7", user: null, standing: Standing.Claimed);
        }

        Assert.That(_shop.Count("SELECT (SELECT count(*) FROM shop_order)+(SELECT count(*) FROM purchase)+(SELECT count(*) FROM refund)+(SELECT count(*) FROM conversion)"), Is.Zero);
        _shop.Decide("c7", standing: Standing.Claimed);
        for (var i = 0; i < 30; i++)
        {
            _orders.Tell(EventType.Purchase, $"x{i}", 10, cart: "c7", user: null, standing: Standing.Claimed);
        }

        Assert.That(_shop.Count("SELECT count(*) FROM conversion WHERE verified=0"), Is.EqualTo(20));
    }

    [Test]
    public void A_browsers_order_and_address_suppress_nobodys_reminder([Values] bool isProven)
    {
        var standing = isProven ? Standing.Proven : Standing.Claimed;
        using var shop = new JourneyFixture([Series(Step("mail", hours: 1))]);
        shop.Know("c1", "u1", "b@shop.example");
        shop.Decide("c1", "u1");
        shop.Pass(10 * Minute);
        shop.Tell(EventType.Identify, "x1", "u9", meta: """{"email":"b@shop.example"}""", standing: standing);
        shop.Tell(EventType.Purchase, "x1", "u9", amount: 50, standing: standing);
        shop.Tell(EventType.Identify, "x1", "u9", meta: """{"email":"b@shop.example"}""", standing: standing);
        shop.Pass(2 * Hour);
        Assert.That(shop.Sent, Has.Count.EqualTo(1));
    }

    [Test]
    public void A_guests_order_counts_by_receipt_where_the_carts_clock_is_fast()
    {
        using var shop = new JourneyFixture([Series(Step("mail", hours: 1))]);
        shop.Know("c1", "u1", "b@shop.example");
        shop.Fill("c1", shop.Now - (30 * Minute), "u1");
        var cart = shop.Carts[Cart("c1")] with { LastAt = shop.Now + (4 * Minute), LastReceivedAt = shop.Now };
        shop.Carts[Cart("c1")] = cart;
        shop.Decide("c1", "u1");
        shop.Pass(2 * Minute);
        shop.Identify("guest", null, "b@shop.example");
        shop.Tell(EventType.Purchase, "guest", amount: 50);
        shop.Pass(2 * Hour);
        Assert.That(shop.Reasons, Is.EqualTo(new[] { WithheldReason.Purchased }));
    }

    [Test]
    public void A_cancelled_order_is_no_order_in_reports()
    {
        using var scratch = new Scratch();
        using var shop = new JourneyFixture([Series(Step("socket"))], path: scratch.PathOf("journeys.db"));
        var orders = new OrderTeller(shop);
        shop.Decide("c1", "u1");
        shop.Pass(Minute);
        shop.Tell(EventType.Clicked, "c1", "u1", meta: $$"""{"intervention":"{{shop.Sent[0].Id}}"}""");
        orders.Tell(EventType.Purchase, "o1", 100, product: 1);
        orders.Tell(EventType.Purchase, "o1", 50, product: 2);
        using var reports = new JourneyReports(scratch.PathOf("journeys.db"));
        Assert.That(Orders(reports), Is.EqualTo((1, 1, 1)));
        orders.Tell(EventType.OrderCancelled, "o1", null);
        Assert.That(Orders(reports), Is.EqualTo((0, 0, 0)));

        static (long, long, long) Orders(JourneyReports reports) => (
            reports.Revenue("shop", "EUR", 0, long.MaxValue).AttributedOrders,
            (long)reports.Conversion("shop", 0, long.MaxValue).Rows[0][5]!,
            StoreFigures.Read(reports, "shop", "EUR", 0, long.MaxValue, 0).Carts["recovered"]);
    }

    [Test]
    public void A_browsers_orders_are_in_no_figure_of_the_store()
    {
        using var scratch = new Scratch();
        using var shop = new JourneyFixture([Series(Step("socket"))], path: scratch.PathOf("journeys.db"));
        var orders = new OrderTeller(shop);
        shop.Decide("c1", standing: Standing.Claimed);
        shop.Pass(Minute);
        orders.Tell(EventType.Purchase, "o1", 100, "CHF", user: null, standing: Standing.Claimed);
        using var reports = new JourneyReports(scratch.PathOf("journeys.db"));
        var figures = StoreFigures.Read(reports, "shop", "EUR", 0, long.MaxValue, 0);
        Assert.That((shop.Count("SELECT count(*) FROM conversion"), figures.Carts["recovered"]), Is.EqualTo((1, 0)));
        Assert.That(figures.Revenue.Select(report => report.Currency), Is.EqualTo(new[] { "EUR" }));
    }
}
