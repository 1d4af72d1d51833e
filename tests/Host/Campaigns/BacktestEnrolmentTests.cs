using CartRecovery.Contracts;
using CartRecovery.Engine.Backtest;
using CartRecovery.Engine.Configuration.Campaigns;
using CartRecovery.Engine.Configuration.Values;
using CartRecovery.Engine.ControlPlane.Targeting;
using CartRecovery.Host.Backtests;
using CartRecovery.Tests.ControlPlane.Flags;
using CartRecovery.Tests.Journeys;

namespace CartRecovery.Tests.Hosting.Campaigns;

/// <summary>What becomes of replayed decisions of a campaign whose segment compares the customer.</summary>
public sealed class BacktestEnrolmentTests
{
    const long At = 1_800_000_000_000, Minute = 60_000;

    [Test]
    public void A_member_takes_the_cart_for_the_window_and_somebody_else_leaves_it_to_the_next_campaign()
    {
        var segments = new FlagSamples();
        segments.Segments[("shop", "gold")] = [new TargetingCondition(Customer: "plan", EqualTo: FlagSamples.Value("\"gold\""))];
        var (gold, next) = (JourneyFixture.Series(JourneyFixture.Step("socket")), JourneyFixture.Series(JourneyFixture.Step("socket")));
        (gold.Name, gold.Segment, next.Name) = ("gold", "gold", "next");
        var campaigns = CampaignCompiler.Compile(
            new DecisionsConfig { Campaigns = [gold, next], Window = Duration.FromMinutes(60) }, JourneyFixture.Stores, segments: segments);
        var enrolment = new BacktestEnrolment(campaigns, JourneyFixture.Stores.Find("shop")!, holdout: 0, (decision, _) => decision.Customer == "ann");
        string? Enrol(string cart, string user, string campaign, long after) => enrolment.Enrol(
            new ReplayedDecision($"iv_{cart}{after}", "shop", cart, campaign, ActionKind.Reminder, 0.5, At + after) { Key = JourneyFixture.Cart(cart), Customer = user },
            campaigns.Find(campaign)!).Withheld;

        Assert.That((Enrol("c1", "ann", "gold", 0), Enrol("c1", "ann", "next", 0), Enrol("c1", "ann", "next", 59 * Minute), Enrol("c1", "ann", "next", 60 * Minute)),
            Is.EqualTo(((string?)null, "taken_by_segment", "taken_by_segment", (string?)null)));
        Assert.That((Enrol("c2", "bob", "gold", 0), Enrol("c2", "bob", "next", 0)), Is.EqualTo(("not_in_segment", (string?)null)));
    }
}
