using CartRecovery.Engine.Configuration.Campaigns;
using CartRecovery.Engine.Decisions;
using CartRecovery.Engine.Events;
using CartRecovery.Engine.Events.Identity;
using CartRecovery.Engine.Journeys.Policy;
using CartRecovery.Engine.Journeys.Reports;
using CartRecovery.Primitives;
using CartRecovery.Tests.Support;
using static CartRecovery.Tests.Journeys.JourneyFixture;

namespace CartRecovery.Tests.Journeys.Reports;

/// <summary>Reports that show the same thing show the same figure.</summary>
public sealed class ReportSumsTests
{
    [Test]
    public void The_figures_of_all_campaigns_add_up_to_the_totals()
    {
        using var scratch = new Scratch();
        var contact = Open();
        contact.Holdout = 40;
        var other = Series(Step("socket"));
        other.Name = "other";
        using var run = new JourneyFixture([Series(Step("socket")), other], contact, scratch.PathOf("journeys.db"));
        for (var i = 0; i < 60; i++)
        {
            var standing = i % 5 == 0 ? Standing.Claimed : Standing.Server;
            var sent = run.Sent.Count;
            run.Decide($"c{i}", i % 3 == 0 ? $"u{i % 12}" : null, campaign: i % 2 == 0 ? "left" : "other", standing: standing);
            run.Pass(Minute);
            if (run.Sent.Count > sent && i % 4 != 0)
            {
                run.Tell(EventType.Clicked, $"c{i}", meta: $$"""{"intervention":"{{run.Sent[^1].Id}}"}""");
            }

            // An order of two products is two events of one time.
            run.Tell(EventType.Purchase, $"c{i}", i % 3 == 0 ? $"u{i % 12}" : null, amount: 10 + i);
            run.Tell(EventType.Purchase, $"c{i}", i % 3 == 0 ? $"u{i % 12}" : null, amount: 5);
            if (i % 7 == 0)
            {
                run.Pass(Minute);
                run.Tell(EventType.Refund, $"c{i}", amount: 3);
            }

            Elsewhere(run, $"c{i}");
        }

        using var reports = new JourneyReports(scratch.PathOf("journeys.db"));
        var revenue = reports.Revenue("shop", "EUR", 0, long.MaxValue);
        var rows = reports.Performance("shop", "EUR", run.It.Options.Campaigns, 0, long.MaxValue);
        double SumOf(string name) => rows.Rows.Sum(row => Convert.ToDouble(row[rows.Columns.ToList().IndexOf(name)], System.Globalization.CultureInfo.InvariantCulture));

        using (Assert.EnterMultipleScope())
        {
            Assert.That(SumOf("revenue"), Is.EqualTo(revenue.Treated.Revenue).Within(1e-6).And.GreaterThan(100));
            Assert.That(SumOf("holdoutRevenue"), Is.EqualTo(revenue.Holdout.Revenue).Within(1e-6).And.GreaterThan(100));
            Assert.That(SumOf("claimedRevenue"), Is.EqualTo(revenue.ClaimedTreated.Revenue + revenue.ClaimedHoldout.Revenue).Within(1e-6).And.GreaterThan(100));
            Assert.That(SumOf("attributedRevenue"), Is.EqualTo(revenue.AttributedRevenue).Within(1e-6).And.GreaterThan(100));
            Assert.That(SumOf("attributedOrders"), Is.EqualTo(revenue.AttributedOrders).And.GreaterThan(10));
            Assert.That(SumOf("orders") + SumOf("holdoutOrders") + SumOf("claimedOrders"), Is.EqualTo(60), "an order of two products is one order");
        }
    }

    [Test]
    public void What_a_sink_delivered_counts_as_delivered_and_on_a_page_what_it_showed()
    {
        using var scratch = new Scratch();
        using var run = new JourneyFixture([Series(Step("mail")), Named("onsite", "socket"), Named("system", "crm")], path: scratch.PathOf("journeys.db"));
        run.Know("c1", "u1", "a@x.example");
        run.Know("c2", "u2", "b@x.example");
        run.Decide("c1", "u1");
        run.Decide("c2", "u2");
        run.Decide("c3", campaign: "onsite");
        run.Decide("c4", campaign: "onsite");
        run.Decide("c5", campaign: "system", channel: "crm");
        run.Work();
        Assert.That(run.Sent, Has.Count.EqualTo(5));
        using var reports = new JourneyReports(scratch.PathOf("journeys.db"));
        Assert.That(Delivered(reports), Is.EqualTo(new[] { ("crm", 0L), ("mail", 0L), ("socket", 0L) }), "in the sinks' hands, and nothing shown yet");

        run.Now += Minute;
        foreach (var sent in run.Sent.Where(message => message.Channel != "socket"))
        {
            run.It.RecordOutcome(sent, sent.CartId == "c2" ? WithheldReason.Bounced : WithheldReason.None, detail: null, run.Now);
        }

        run.Tell(EventType.Delivered, "c3", meta: $$"""{"intervention":"{{run.Sent.Single(message => message.CartId == "c3").Id}}"}""");
        var rows = InterventionList.Of(reports, new InterventionFilter { StoreId = "shop", Limit = 10 });
        var (cart, deliveredAt) = (rows.Columns.ToList().IndexOf("cartId"), rows.Columns.ToList().IndexOf("deliveredAt"));
        using (Assert.EnterMultipleScope())
        {
            Assert.That(Delivered(reports), Is.EqualTo(new[] { ("crm", 1L), ("mail", 1L), ("socket", 1L) }));
            Assert.That(rows.Rows.Where(row => row[deliveredAt] is long).Select(row => (row[cart], row[deliveredAt])),
                Is.EquivalentTo(new[] { ("c1", run.Now), ("c3", run.Now), ("c5", run.Now) }));
        }

        // What a system received was seen by nobody.
        var funnel = reports.Conversion("shop", 0, long.MaxValue);
        Assert.That(funnel.Rows.Select(row => (row[0], row[funnel.Columns.ToList().IndexOf("seen")])), Is.EqualTo(new[] { ("left", 0L), ("onsite", 1L), ("system", 0L) }));
    }

    [Test]
    public void A_channels_columns_sum_to_the_messages_planned()
    {
        using var scratch = new Scratch();
        using var run = new JourneyFixture([Series(Step("mail"))], path: scratch.PathOf("journeys.db"));
        for (var i = 0; i < 8; i++)
        {
            run.Know($"c{i}", $"u{i}", $"a{i}@x.example");
            run.Decide($"c{i}", $"u{i}");
        }

        run.Work();
        Assert.That(run.Sent, Has.Count.EqualTo(8));
        WithheldReason[] outcomes = [WithheldReason.None, WithheldReason.SoftBounced, WithheldReason.SoftBounced, WithheldReason.Postponed,
            WithheldReason.Bounced, WithheldReason.Rejected, WithheldReason.Failed];
        foreach (var (sent, outcome) in run.Sent.Take(7).Zip(outcomes).ToArray())
        {
            run.It.RecordOutcome(sent, outcome, detail: null, run.Now);
        }

        using var reports = new JourneyReports(scratch.PathOf("journeys.db"));
        var rows = reports.Channels("shop", 0, long.MaxValue);
        var row = rows.Columns.Zip(rows.Rows.Single()).Skip(1).ToDictionary(cell => cell.First, cell => (long)cell.Second!, StringComparer.Ordinal);
        string[] parts = ["sent", "failed", "rejected", "bounced", "softBounced", "withheld", "waiting", "postponed", "sending"];
        Assert.That(parts.Take(5).Select(part => row[part]), Is.EqualTo(new[] { 1, 1, 1, 1, 2 }));
        Assert.That(parts.Sum(part => row[part]), Is.EqualTo(row["planned"]).And.EqualTo(8));
    }

    [Test]
    public void Flags_are_Booleans_and_a_campaign_without_an_experiment_has_no_probability()
    {
        using var scratch = new Scratch();
        using var run = new JourneyFixture([Series(Step("socket"))], path: scratch.PathOf("journeys.db"));
        run.Decide("c1");
        run.Pass(Minute);
        run.Tell(EventType.Purchase, "c1", amount: 10);
        run.Tell(EventType.Purchase, "c1", verified: false, amount: 20);
        using var reports = new JourneyReports(scratch.PathOf("journeys.db"));
        var orders = reports.Conversions("shop", 0, long.MaxValue, most: 10);
        var campaigns = reports.Performance("shop", "EUR", run.It.Options.Campaigns, 0, long.MaxValue);

        Assert.That(orders.Rows.Select(row => row[orders.Columns.ToList().IndexOf("verified")]), Is.EquivalentTo(new object[] { true, false }));
        Assert.That(campaigns.Rows.Select(row => (row[^2], row[^1])), Is.EqualTo(new (object?, object?)[] { (null, false) }));
    }

    static CampaignConfig Named(string name, string channel)
    {
        var campaign = Series(Step(channel));
        campaign.Name = name;
        return campaign;
    }

    static IEnumerable<(string, long)> Delivered(JourneyReports reports)
    {
        var rows = reports.Channels("shop", 0, long.MaxValue);
        return rows.Rows.Select(row => ((string)row[0]!, (long)row[rows.Columns.ToList().IndexOf("delivered")]!));
    }

    // An order in another currency than the store's.
    static void Elsewhere(JourneyFixture run, string cart) => run.It.ApplyEvent(new CustomerEvent
    {
        Type = EventType.Purchase,
        Id = Hash128.Of(System.Text.Encoding.UTF8.GetBytes($"usd {cart}"), seed: 3),
        Cart = Cart(cart),
        Store = 0,
        CartId = cart,
        At = run.Now,
        Amount = 1000 * Money.PerUnit,
        Currency = CurrencyCode.Parse("USD"),
        Standing = Standing.Server,
        ProductId = "",
    }, run.Now);
}
