using CartRecovery.Engine.Configuration.Values;
using CartRecovery.Engine.Events;
using CartRecovery.Tests.Events;
using static CartRecovery.Tests.State.Carts.CartFoldFixture;

namespace CartRecovery.Tests.Pipeline.Timing;

/// <summary>Nobody is contacted on a time that the engine had to guess.</summary>
public sealed class ClampedTimeTests
{
    // EventReading receives at Start; a day earlier and five minutes later are the limits.
    static readonly EventRules s_rules = EventReading.Rules();

    [TestCase(-30 * 60 * Minute)]
    [TestCase(60 * Minute)]
    public void A_clamped_event_triggers_nothing_at_once_nor_when_the_cart_is_idle(long off)
    {
        using var run = new StageRun([TestStages.OnEvent("added", "add_to_cart"), TestStages.OnIdle("left", Duration.FromMinutes(30)), TestStages.OnIdle("late", Duration.FromMinutes(90))]);
        // A timer that an earlier event set fires meanwhile.
        run.Process(s_rules, source: null, Of("view_item") with { Id = "e0", Product = "p0" });
        Process(run, Add("p1", 5).After(off) with { Id = "e1" });
        run.Stages.Decide();
        run.PassTo(Start + (200 * Minute));
        Assert.That(CampaignsOf(run), Is.Empty);

        // The next event at a credible time counts again.
        run.Process(EventReading.AnyTime(), source: null, Add("p1", 5).After(201 * Minute) with { Id = "e2" });
        run.Stages.Decide();
        Assert.That(CampaignsOf(run), Is.EqualTo(new[] { "added" }));
        run.PassTo(Start + (240 * Minute));
        Assert.That(CampaignsOf(run), Is.EqualTo(new[] { "added", "left" }));
    }

    static IEnumerable<string> CampaignsOf(StageRun run) => run.Consumer.Interventions.Where(i => i.CartId == "c1").Select(i => i.Campaign);

    static void Process(StageRun run, TestEvent e)
    {
        var slab = EventReading.Slab(s_rules, e);
        Assert.That(slab.Records[0].Flags & EventFlags.Clamped, Is.EqualTo(EventFlags.Clamped));
        slab.EndRun(source: null, upTo: 0);
        run.Stages.Process(slab);
    }
}
