using CartRecovery.Engine.Events;
using CartRecovery.Engine.Events.Identity;
using CartRecovery.Engine.Events.Shoppers;
using CartRecovery.Engine.Journeys.Experiments;
using CartRecovery.Engine.Journeys.Reports;
using CartRecovery.Tests.Journeys;
using CartRecovery.Tests.Support;
using static CartRecovery.Tests.Journeys.JourneyFixture;

namespace CartRecovery.Tests.Security;

/// <summary>Carts that anyone can make up do not move what the shop decides by.</summary>
public sealed class FiguresTests
{
    [Test]
    public void A_hundred_fake_carts_move_neither_the_headline_nor_what_is_learned()
    {
        using var scratch = new Scratch();
        using var run = new JourneyFixture([Series(Step("socket"))], path: scratch.PathOf("journeys.db"));
        for (var i = 0; i < 20; i++)
        {
            run.Decide($"real-{i}", $"customer-{i}");
            if (i % 2 == 0)
            {
                run.Pass(Minute);
                run.Tell(EventType.Purchase, $"real-{i}", $"customer-{i}", amount: 50);
            }
        }

        var before = Figures(scratch, run);
        for (var i = 0; i < 100; i++)
        {
            run.Decide($"fake-{i}", i % 3 == 0 ? $"customer-{i % 20}" : null, standing: Standing.Claimed);
            run.Tell(EventType.Clicked, $"fake-{i}", verified: false, meta: $$"""{"intervention":"{{run.Sent[^1].Id}}"}""");
            run.Pass(Minute);
            run.Tell(EventType.Purchase, $"fake-{i}", i % 3 == 0 ? $"customer-{i % 20}" : null, verified: false, amount: 9999);
        }

        var after = Figures(scratch, run);
        Assert.That(after.Report with { ClaimedTreated = default, ClaimedHoldout = default }, Is.EqualTo(before.Report));
        Assert.That(after.Learned, Is.EqualTo(before.Learned));
        Assert.That(after.Report.ClaimedTreated.Customers, Is.EqualTo(100));
    }

    [Test]
    public void A_hundred_carts_of_bots_are_not_contacted_and_move_nothing()
    {
        using var scratch = new Scratch();
        using var run = new JourneyFixture([Series(Step("socket"))], path: scratch.PathOf("journeys.db"));
        for (var i = 0; i < 20; i++)
        {
            run.Decide($"real-{i}", $"customer-{i}");
        }

        var (before, sent) = (Figures(scratch, run), run.Sent.Count);
        for (var i = 0; i < 100; i++)
        {
            // Also with a token or a server's word, as a monitor of the checkout has.
            run.Decide($"bot-{i}", i % 3 == 0 ? $"customer-{i % 20}" : null, standing: (Standing)(i % 3), bot: BotEvidence.Automated);
            run.Pass(Minute);
            run.Tell(EventType.Purchase, $"bot-{i}", amount: 9999);
        }

        var after = Figures(scratch, run);
        Assert.That(run.Sent, Has.Count.EqualTo(sent));
        Assert.That(after.Report with { Bots = default }, Is.EqualTo(before.Report));
        Assert.That(after.Learned, Is.EqualTo(before.Learned));
        Assert.That((after.Report.Bots.Customers, after.Report.Bots.Revenue), Is.EqualTo((100, 999_900)));
    }

    [Test]
    public void A_series_ends_when_its_shopper_turns_out_to_be_a_bot_and_counts_apart()
    {
        using var scratch = new Scratch();
        using var run = new JourneyFixture([Series(Step("socket", hours: 1))], path: scratch.PathOf("journeys.db"));
        run.Decide("c1");
        var cart = run.Carts[Cart("c1")];
        cart.Bot = BotEvidence.Timing;
        run.Carts[Cart("c1")] = cart;
        run.Pass(2 * Hour);
        Assert.That(run.Sent, Is.Empty);
        Assert.That(Figures(scratch, run).Report, Has.Property("Bots").Matches<SpendingGroup>(bots => bots.Customers == 1).And.Property("Treated").EqualTo(default(SpendingGroup)));
    }

    static (RevenueReport Report, string Learned) Figures(Scratch scratch, JourneyFixture run)
    {
        using var reports = new JourneyReports(scratch.PathOf("journeys.db"));
        var outcomes = OutcomeSummary.Of(run.It.Store.Database, run.Now);
        return (reports.Revenue("shop", "EUR", 0, long.MaxValue) with { ByCurrency = [] },
            string.Join(';', outcomes.Campaigns.Select(pair => $"{pair.Key} {pair.Value}").Concat(outcomes.Sides.Select(pair => $"{pair.Key} {pair.Value}"))
                .Concat(outcomes.Offers.Totals.Select(total => total.ToString()))));
    }
}
