using CartRecovery.Engine.Events;
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

    static (RevenueReport Report, string Learned) Figures(Scratch scratch, JourneyFixture run)
    {
        using var reports = new JourneyReports(scratch.PathOf("journeys.db"));
        var outcomes = OutcomeSummary.Of(run.It.Store.Database, run.Now);
        return (reports.Revenue("shop", "EUR", 0, long.MaxValue),
            string.Join(';', outcomes.Campaigns.Select(pair => $"{pair.Key} {pair.Value}").Concat(outcomes.Sides.Select(pair => $"{pair.Key} {pair.Value}"))
                .Concat(outcomes.Offers.Select(offer => offer.ToString()))));
    }
}
