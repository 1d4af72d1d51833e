using CartRecovery.Engine.Configuration.Campaigns;
using CartRecovery.Engine.ControlPlane.Targeting;
using CartRecovery.Engine.Events;
using CartRecovery.Engine.Events.Identity;
using CartRecovery.Engine.Journeys;
using CartRecovery.Engine.Journeys.Manual;
using CartRecovery.Engine.Journeys.Policy;
using CartRecovery.Tests.ControlPlane.Flags;
using static CartRecovery.Tests.Journeys.JourneyFixture;

namespace CartRecovery.Tests.Journeys;

/// <summary>A campaign for a segment of customers enrols its members only.</summary>
public sealed class SegmentEnrolmentTests
{
    [Test]
    public void A_customer_who_is_not_in_it_is_neither_contacted_nor_compared()
    {
        using var run = Run();
        run.Tell(EventType.Identify, "c1", "ann", meta: """{"plan":"gold"}""");
        run.Tell(EventType.Identify, "c2", "bob", meta: """{"plan":"free"}""");
        run.Decide("c1", "ann");
        run.Decide("c2", "bob");
        run.Decide("c3", "unknown");
        run.Decide("c4");
        run.Pass(Hour);

        Assert.That(run.Sent.Select(message => message.CartId), Is.EqualTo(new[] { "c1" }));
        Assert.That((run.Count("SELECT count(*) FROM journey"), run.It.Counters.WithheldFor(WithheldReason.NotInSegment)), Is.EqualTo((1L, 3L)));
    }

    [Test]
    public void A_customer_whom_only_a_browser_named_is_in_no_segment()
    {
        using var run = Run();
        run.Tell(EventType.Identify, "c1", "ann", meta: """{"plan":"gold"}""");
        run.Decide("c2", "ann", standing: Standing.Claimed);
        run.Pass(Hour);

        Assert.That((run.Sent.Count, run.It.Counters.WithheldFor(WithheldReason.NotInSegment)), Is.EqualTo((0, 1L)));
    }

    [Test]
    public void A_shopper_who_joins_the_segment_later_is_enrolled_then()
    {
        using var run = Run();
        run.Decide("c1", "ann");
        run.Tell(EventType.Identify, "c1", "ann", meta: """{"plan":"gold"}""");
        run.Pass(Hour);
        run.Decide("c1", "ann");
        run.Pass(Hour);

        Assert.That(run.Sent, Has.Count.EqualTo(1), "what was decided before is not made up for");
    }

    [Test]
    public void A_campaign_started_by_hand_ignores_its_segment()
    {
        using var run = Run();
        run.Fill("c1", run.Now - Hour, "bob");
        run.It.Manual.Start(run.It.Options, new ManualStart(Stores.Find("shop")!, "left", "c1", run.Carts[Cart("c1")], At: null, Key: null), run.Now);
        run.Pass(Hour);

        Assert.That(run.Sent, Has.Count.EqualTo(1));
    }

    [Test]
    public void A_shopper_outside_is_the_next_campaigns_and_a_member_is_not()
    {
        using var run = Run(Next());
        run.Tell(EventType.Identify, "c1", "ann", meta: """{"plan":"gold"}""");
        run.Tell(EventType.Identify, "c2", "bob", meta: """{"plan":"free"}""");
        foreach (var (cart, user) in new[] { ("c1", "ann"), ("c2", "bob") })
        {
            run.Decide(cart, user, id: $"{cart} gold");
            run.Decide(cart, user, id: $"{cart} all", campaign: "next");
        }

        run.Pass(10 * Minute);
        run.Decide("c1", "ann", id: "c1 later", campaign: "next");
        run.Pass(Hour);
        Assert.That(run.Sent.Select(message => (message.CartId, message.Campaign)), Is.EquivalentTo(new[] { ("c1", "left"), ("c2", "next") }));
        Assert.That((run.It.Counters.WithheldFor(WithheldReason.NotInSegment), run.It.Counters.WithheldFor(WithheldReason.TakenBySegment)), Is.EqualTo((1L, 2L)));

        run.Pass(24 * Hour);
        run.Decide("c1", "ann", id: "c1 next day", campaign: "next");
        run.Pass(Hour);
        Assert.That(run.Sent.Select(message => message.Campaign), Has.Exactly(2).EqualTo("next"), "after the window");
    }

    static CampaignConfig Next()
    {
        var campaign = Series(Step("socket"));
        campaign.Name = "next";
        return campaign;
    }

    static JourneyFixture Run(params CampaignConfig[] others)
    {
        var run = new JourneyFixture([Series(Step("socket"))]);
        var segments = new FlagSamples();
        segments.Segments[("shop", "gold")] = [new TargetingCondition(Customer: "plan", EqualTo: FlagSamples.Value("\"gold\""))];
        var campaign = Series(Step("socket"));
        campaign.Segment = "gold";
        run.It.Options = new JourneyOptions(Open(), CampaignCompiler.Compile(new DecisionsConfig { Campaigns = [campaign, .. others] }, Stores, segments: segments), Stores, new byte[32]);
        return run;
    }
}
