using CartRecovery.Engine.Configuration.Stores;
using CartRecovery.Engine.Configuration.Values;
using CartRecovery.Engine.Events;
using CartRecovery.Engine.Journeys.Policy;
using CartRecovery.Engine.Journeys.Reports;
using CartRecovery.Engine.Storage;
using CartRecovery.Tests.Pipeline;
using CartRecovery.Tests.Support;
using static CartRecovery.Tests.Journeys.JourneyFixture;

namespace CartRecovery.Tests.Journeys.Orders;

/// <summary>What a purchase ends, and what it is attributed to.</summary>
public sealed class OrderTests
{
    [Test]
    public void A_purchase_in_the_cart_ends_its_series()
    {
        using var fixture = new JourneyFixture([Series(Step("socket"), Step("socket", hours: 1), Step("socket", hours: 1))]);
        fixture.Decide("c1");
        fixture.Pass(Minute);
        fixture.Tell(EventType.Purchase, "c1", verified: false, amount: 50);
        fixture.Pass(5 * Hour);
        Assert.That(fixture.Sent, Has.Count.EqualTo(1));
        Assert.That(fixture.Reasons, Is.EqualTo(new[] { WithheldReason.Purchased }));
        Assert.That(fixture.It.Counters.WithheldFor(WithheldReason.Purchased), Is.EqualTo(1));
    }

    [Test]
    public void A_purchase_in_another_cart_of_the_customer_ends_the_series()
    {
        using var fixture = new JourneyFixture([Series(Step("socket"), Step("socket", hours: 1))]);
        fixture.Decide("c1", "u1");
        fixture.Pass(Minute);
        fixture.Tell(EventType.Purchase, "c2", "u1", amount: 50);
        fixture.Pass(5 * Hour);
        Assert.That(fixture.Reasons, Is.EqualTo(new[] { WithheldReason.Purchased }));
    }

    [Test]
    public void A_purchase_elsewhere_before_abandonment_suppresses_the_reminder()
    {
        using var fixture = new JourneyFixture([Series(Step("mail", hours: 1))]);
        fixture.Know("c1", "u1", "a@x.example");
        fixture.Fill("c1", fixture.Now, "u1");
        fixture.Pass(15 * Minute);
        fixture.Tell(EventType.Purchase, "c2", "u1", amount: 50);
        fixture.Pass(15 * Minute);
        fixture.Decide("c1", "u1");
        fixture.Pass(2 * Hour);
        Assert.That(fixture.Sent, Is.Empty);
        Assert.That(fixture.Reasons, Is.EqualTo(new[] { WithheldReason.Purchased }));
    }

    // The order's clock against the engine's, and the shopper's whose series it was (ms).
    [TestCase(0, 4 * Minute, Description = "the shopper's clock is fast")]
    [TestCase(-20_000, 0, Description = "the order's clock is slow")]
    [TestCase(-20_000, 4 * Minute)]
    [TestCase(-3 * Hour, 0, Description = "the order was uploaded late")]
    [TestCase(4 * Minute, -4 * Minute)]
    public void A_purchase_that_arrives_after_the_series_began_ends_it_and_counts_whatever_the_clocks_say(long order, long shopper)
    {
        using var scratch = new Scratch();
        using var fixture = new JourneyFixture([Series(Step("mail", hours: 1))], path: scratch.PathOf("journeys.db"));
        fixture.Know("c1", "u1", "a@x.example");
        fixture.Decide("c1", "u1", ahead: shopper);
        fixture.Pass(10_000);
        fixture.Tell(EventType.Purchase, "c2", "u1", amount: 50, at: fixture.Now + order, receivedAt: fixture.Now);
        fixture.Pass(2 * Hour);
        Assert.That(fixture.Reasons, Is.EqualTo(new[] { WithheldReason.Purchased }));
        using var reports = new JourneyReports(scratch.PathOf("journeys.db"));
        Assert.That(reports.Revenue("shop", "EUR", 0, long.MaxValue).Treated.Revenue, Is.EqualTo(50));
    }

    [Test]
    public void Orders_of_whole_seconds_count_each([Range(0, 11)] int twelfth)
    {
        using var scratch = new Scratch();
        using var fixture = new JourneyFixture([Series(Step("socket"))], path: scratch.PathOf("journeys.db"), now: Noon + (twelfth * 83));
        fixture.Decide("c1", "u1");
        fixture.Tell(EventType.Clicked, "c1", "u1", meta: $$"""{"intervention":"{{fixture.Sent.Single().Id}}"}""");
        fixture.Pass(1);
        fixture.Tell(EventType.Purchase, "c1", "u1", amount: 50, at: fixture.Now / 1000 * 1000, receivedAt: fixture.Now);
        using var reports = new JourneyReports(scratch.PathOf("journeys.db"));
        var report = reports.Revenue("shop", "EUR", 0, long.MaxValue);
        Assert.That((report.Treated.Revenue, report.AttributedRevenue), Is.EqualTo((50, 50)));
    }

    [Test]
    public void A_purchase_before_the_series_began_by_every_clock_does_not_end_it()
    {
        using var fixture = new JourneyFixture([Series(Step("mail", hours: 1))]);
        fixture.Know("c1", "u1", "a@x.example");
        fixture.Tell(EventType.Purchase, "c2", "u1", amount: 50, receivedAt: fixture.Now);
        fixture.Pass(10 * Minute);
        fixture.Fill("c1", fixture.Now, "u1");
        fixture.Pass(30 * Minute);
        fixture.Decide("c1", "u1");
        fixture.Pass(2 * Hour);
        Assert.That(fixture.Sent, Has.Count.EqualTo(1));
    }

    [Test]
    public void A_late_purchase_counts_at_its_event_time()
    {
        using var fixture = new JourneyFixture([Series(Step("mail", hours: 1))]);
        fixture.Know("c1", "u1", "a@x.example");
        fixture.Decide("c1", "u1");
        fixture.Pass(10 * Minute);
        fixture.Tell(EventType.Purchase, "c2", "u1", amount: 50, at: Noon - (10 * Minute));
        fixture.Pass(2 * Hour);
        Assert.That(fixture.Reasons, Is.EqualTo(new[] { WithheldReason.Purchased }));
    }

    [Test]
    public void Returning_to_a_cart_after_a_purchase_elsewhere_allows_a_reminder()
    {
        using var fixture = new JourneyFixture([Series(Step("mail", hours: 1))]);
        fixture.Know("c1", "u1", "a@x.example");
        fixture.Tell(EventType.Purchase, "c2", "u1", amount: 50);
        fixture.Pass(Minute);
        fixture.Fill("c1", fixture.Now, "u1");
        fixture.Pass(30 * Minute);
        fixture.Decide("c1", "u1");
        fixture.Pass(2 * Hour);
        Assert.That(fixture.Sent, Has.Count.EqualTo(1));
    }

    [Test]
    public void A_failed_message_is_not_retried_after_its_series_ended()
    {
        using var fixture = new JourneyFixture([Series(Step("crm"))]);
        var first = fixture.Decide("c1", "u1").Intervention;
        var second = fixture.Decide("c2", "u2").Intervention;
        foreach (var sent in fixture.Sent.ToArray())
        {
            fixture.It.RecordOutcome(sent, WithheldReason.Failed, "503", fixture.Now);
        }

        Assert.That(fixture.It.Store.Messages.Retry(second.Id, fixture.Now, fixture.Now + Hour), Is.True);
        fixture.Pass(Minute);
        fixture.Tell(EventType.Purchase, "elsewhere", "u1", amount: 10);
        fixture.It.Store.Messages.Retry(first.Id, fixture.Now, fixture.Now + Hour);
        fixture.Pass(Hour);
        Assert.That(fixture.Sent.Select(s => s.CartId), Is.EqualTo(new[] { "c1", "c2", "c2" }));
        Assert.That(fixture.Count("SELECT count(*) FROM intervention WHERE state=0"), Is.Zero);
    }

    // After the message at noon: a click at +1 h, a view at +2 h.
    [TestCase(EventType.Clicked, 24, "click")]
    [TestCase(EventType.Clicked, 47, "click")]
    [TestCase(EventType.Clicked, 50, null)]
    [TestCase(EventType.Opened, 6, "view")]
    [TestCase(EventType.Opened, 14, null)]
    [TestCase(EventType.Dismissed, 2, null)]
    public void An_order_is_attributed_to_a_click_or_else_a_view_within_its_window(EventType what, int hours, string? touch)
    {
        using var fixture = new JourneyFixture([Series(Step("mail"))], Windows());
        fixture.Know("c1", "u1", "a@x.example");
        fixture.Decide("c1", "u1");
        fixture.Pass(Hour);
        fixture.Tell(what, "c1", "u1", meta: $$"""{"intervention":"{{fixture.Sent[0].Id}}"}""");
        fixture.Pass(hours * Hour);
        fixture.Tell(EventType.Purchase, "c1", "u1", amount: 50);
        Assert.That(Touches(fixture), Is.EqualTo(new[] { (touch, touch is null ? null : fixture.Sent[0].Id) }));
    }

    [Test]
    public void A_browser_tracks_only_messages_of_its_own_cart()
    {
        using var fixture = new JourneyFixture([Series(Step("mail"))], Windows());
        fixture.Know("c1", "u1", "a@x.example");
        fixture.Decide("c1", "u1");
        fixture.Pass(Hour);
        fixture.Tell(EventType.Clicked, "thief", verified: false, meta: $$"""{"intervention":"{{fixture.Sent[0].Id}}"}""");
        fixture.Tell(EventType.Purchase, "c1", "u1", amount: 50);
        Assert.That(Touches(fixture).Single().Touch, Is.Null);
    }

    [Test]
    public void Revenue_is_verified_orders_less_refunds_each_counted_once()
    {
        var path = Path.Combine(TestStages.NewFolder(), "outreach.db");
        using var fixture = new JourneyFixture([Series(Step("mail"))], Windows(), path);
        fixture.Know("c1", "u1", "a@x.example");
        fixture.Decide("c1", "u1");
        fixture.Pass(Hour);
        fixture.Tell(EventType.Clicked, "c1", "u1", meta: $$"""{"intervention":"{{fixture.Sent[0].Id}}"}""");
        fixture.Pass(Minute);
        fixture.Tell(EventType.Purchase, "c1", "u1", verified: false, amount: 1000);
        var order = fixture.Tell(EventType.Purchase, "c1", "u1", amount: 50);
        fixture.It.ApplyEvent(order, fixture.Now);
        fixture.Pass(Minute);
        fixture.Tell(EventType.Refund, "c1", "u1", amount: 20);
        fixture.Tell(EventType.Refund, "c9", "u9", amount: 7);
        fixture.Tell(EventType.Purchase, "c9", "u9", amount: 70);

        using var reports = new JourneyReports(path);
        var report = reports.Revenue("shop", "EUR", 0, long.MaxValue);
        Assert.That((report.AttributedRevenue, report.AttributedOrders), Is.EqualTo((30.0, 1L)));
        Assert.That((report.Treated.Customers, report.Treated.Revenue, report.Holdout.Customers), Is.EqualTo((1L, 30.0, 0L)));
        Assert.That(reports.Revenue("shop", "USD", 0, long.MaxValue).Treated.Revenue, Is.Zero);
        Assert.That(reports.Revenue("other", "EUR", 0, long.MaxValue).Treated.Customers, Is.Zero);
    }

    [Test]
    public void An_order_outside_the_window_is_not_attributed()
    {
        using var fixture = new JourneyFixture([Series(Step("socket"))]);
        fixture.Decide("c1");
        fixture.Pass((7 * Day) + Minute);
        fixture.Tell(EventType.Purchase, "c1", amount: 50);
        Assert.That(Touches(fixture), Is.Empty);
    }

    [Test]
    public void Treated_and_holdout_shoppers_have_equal_observation_windows([Values(0, 90)] double holdout)
    {
        var series = Series(Step("mail"), Step("mail", hours: 120));
        series.Reentry = Duration.FromHours(96);
        var contact = Open();
        contact.Holdout = holdout;
        using var fixture = new JourneyFixture([series], contact);
        fixture.Know("c1", "u1", "a@x.example");
        fixture.Decide("c1", "u1");
        fixture.Pass(3 * Day);
        fixture.Decide("c1", "u1");
        fixture.Pass(5 * Day);
        fixture.Tell(EventType.Purchase, "c1", "u1", amount: 50);
        Assert.That(fixture.Count("SELECT count(*) FROM conversion"), Is.EqualTo(1));
        Assert.That(fixture.Reasons[0], Is.EqualTo(holdout == 0 ? WithheldReason.InCampaign : WithheldReason.Holdout));
    }

    [Test]
    public void A_purchase_also_reported_by_the_browser_counts_one_coupon()
    {
        using var fixture = new JourneyFixture([Series(Step("socket", discount: 10))]);
        foreach (var cart in (string[])["c1", "c2", "c3"])
        {
            fixture.Decide(cart, "u1");
            fixture.Pass(Minute);
            fixture.Tell(EventType.Clicked, cart, "u1", meta: $$"""{"intervention":"{{fixture.Sent[^1].Id}}"}""");
            fixture.Tell(EventType.Purchase, cart, "u1", verified: false, amount: 50);
            fixture.Tell(EventType.Purchase, cart, "u1", amount: 50);
            fixture.Pass(Hour);
        }

        Assert.That(fixture.Sent.Select(s => s.CartId), Is.EqualTo(new[] { "c1", "c2" }));
        Assert.That(fixture.Reasons, Is.EqualTo(new[] { WithheldReason.CouponSeeker }));
    }

    static ContactConfig Windows()
    {
        var contact = Open();
        (contact.ClickWindow, contact.ViewWindow) = (Duration.FromHours(48), Duration.FromHours(12));
        return contact;
    }

    static List<(string? Touch, string? Message)> Touches(JourneyFixture fixture)
    {
        using var query = new Query(fixture.It.Store.Database, "SELECT touch, intervention FROM conversion");
        var found = new List<(string?, string?)>();
        while (query.Rows.Next())
        {
            found.Add((query.Rows.TextOrNull(0), query.Rows.TextOrNull(1)));
        }

        return found;
    }
}
