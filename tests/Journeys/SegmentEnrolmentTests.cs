using CartRecovery.Engine.Configuration;
using CartRecovery.Engine.Configuration.Campaigns;
using CartRecovery.Engine.ControlPlane.Flags;
using CartRecovery.Engine.Events;
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

    static JourneyFixture Run()
    {
        var run = new JourneyFixture([Series(Step("socket"))]);
        var segments = new FlagSamples();
        segments.Segments[("shop", "gold")] = [new FlagCondition(Customer: "plan", EqualTo: FlagSamples.Value("\"gold\""))];
        var campaign = Series(Step("socket"));
        campaign.Segment = "gold";
        run.It.Options = new JourneyOptions(Open(), CampaignCompiler.Compile(new DecisionsConfig { Campaigns = [campaign] }, Stores, segments: segments), Stores, new byte[32]);
        return run;
    }
}
