using CartRecovery.Engine.Configuration.Campaigns;
using CartRecovery.Engine.Configuration.Values;
using CartRecovery.Engine.ControlPlane.Targeting;
using CartRecovery.Engine.Decisions;
using CartRecovery.Tests.ControlPlane.Flags;
using static CartRecovery.Tests.State.Carts.CartFoldFixture;

namespace CartRecovery.Tests.Pipeline;

/// <summary>Decisions of campaigns whose segment compares the customer, whom a partition does not know.</summary>
public sealed class ConditionalDecisionTests
{
    static readonly TimeSpan s_window = TimeSpan.FromMinutes(30);

    static readonly ConditionConfig s_hasItems = new() { Feature = "item_count", AtLeast = 1 };

    [Test]
    public void A_campaign_for_some_customers_leaves_the_cart_to_the_next_one()
    {
        using var run = Run(ForSome("gold"), ForSome("silver"), TestStages.OnEvent("all", "add_to_cart"), TestStages.OnEvent("never", "add_to_cart"));
        run.Stages.Process(Slab(Add("p1", 5)));
        run.Stages.Decide();
        Assert.That(run.Stages.Decisions.Select(decision => (decision.Intervention.Campaign, decision.ConditionalNumber)),
            Is.EqualTo(new[] { ("gold", (int?)0), ("silver", 1), ("all", null) }));
    }

    [Test]
    public void It_is_decided_once_per_window_and_costs_other_campaigns_none()
    {
        using var run = Run(ForSome("gold"), TestStages.OnEvent("begun", "begin_checkout"));
        run.Play(Add("p1", 5));
        run.Play(Add("p2", 5).After(Minute));
        run.Play(Of("begin_checkout").After(2 * Minute));
        run.Play(Add("p3", 5).After(29 * Minute));
        Assert.That((run.Consumer.Campaigns, run.Counters.WithheldByWindow), Is.EqualTo((new[] { "gold", "begun" }, 0)));
        run.Play(Add("p4", 5).After(31 * Minute));
        Assert.That((run.Consumer.Campaigns.Count(), run.Counters.WithheldByWindow), Is.EqualTo((2, 1)), "the other campaign's window holds for it too");
        run.Play(Add("p5", 5).After(32 * Minute));
        run.Play(Add("p6", 5).After(33 * Minute));
        Assert.That(run.Consumer.Campaigns, Is.EqualTo(new[] { "gold", "begun", "gold" }));
    }

    [Test]
    public void It_is_decided_once_per_window_within_a_batch()
    {
        using var run = Run(ForSome("gold"));
        run.Process(source: null, Add("p1", 5), Add("p2", 5).After(Second));
        run.Stages.Decide();
        Assert.That(run.Consumer.Campaigns, Is.EqualTo(new[] { "gold" }));
    }

    [Test]
    public void An_idle_campaign_for_some_customers_leaves_the_cart_to_the_next_one()
    {
        var idle = TestStages.OnIdle("gold", Duration.FromMinutes(5), s_hasItems);
        idle.Segment = "gold";
        using var run = Run(idle, TestStages.OnIdle("all", Duration.FromMinutes(10), s_hasItems));
        run.Play(Add("p1", 5));
        run.PassTo(Start + (20 * Minute));
        Assert.That(run.Consumer.Campaigns, Is.EqualTo(new[] { "gold", "all" }));
    }

    [Test]
    public void A_segment_that_compares_the_cart_alone_takes_the_window()
    {
        var campaign = ForSome("rich");
        using var run = Run(campaign, TestStages.OnEvent("all", "add_to_cart"));
        run.Play(Add("p1", 5), Add("p2", 5).After(Minute));
        Assert.That((run.Consumer.Campaigns, run.Counters.WithheldByWindow), Is.EqualTo((new[] { "rich" }, 1)));
    }

    [Test]
    public void The_journal_restores_what_was_decided()
    {
        CampaignConfig[] campaigns = [ForSome("gold"), ForSome("silver"), TestStages.OnEvent("begun", "begin_checkout")];
        using var run = Run(campaigns);
        run.Stages.Process(Slab(Add("p1", 5)));
        run.Stages.Decide();
        var builder = new EntryBuilder();
        foreach (var decision in run.Stages.Decisions)
        {
            DecisionCodec.Write(builder.Output, decision);
            builder.EndRecord();
        }

        Assert.That(builder.TryCut(1 << 20, out var entry));
        using var recovered = Run(campaigns);
        recovered.Stages.Process(Slab(Add("p1", 5)), isDecided: true);
        EntryPayload.ReadDecisions(entry.ToArray()).ForEach(recovered.Stages.Claim);
        var (before, after) = (run.Cart(), recovered.Cart());
        Assert.That((after.Conditional, after.ConditionalAt, after.LastInterventionAt), Is.EqualTo((before.Conditional, before.ConditionalAt, before.LastInterventionAt)));
        Assert.That((before.Conditional, before.LastInterventionAt), Is.EqualTo((0b11UL, 0L)));
        recovered.Play(Add("p2", 5).After(Minute), Of("begin_checkout").After(2 * Minute));
        Assert.That(recovered.Consumer.Campaigns, Is.EqualTo(new[] { "begun" }));
    }

    [Test]
    public void Another_order_of_the_campaigns_does_not_shift_what_was_decided()
    {
        var options = TestStages.Options([], s_window);
        var numbers = CampaignNumbers.Empty.With(["gold", "silver"]);
        options.Campaigns = Compile(numbers, ForSome("gold"), ForSome("silver"));
        using var run = new StageRun(options);
        run.Play(Add("p1", 5));
        options.Campaigns = Compile(numbers.With(["new", "silver", "gold"]), ForSome("new"), ForSome("silver"), ForSome("gold"));
        run.Play(Add("p2", 5).After(Minute));
        Assert.That(run.Consumer.Campaigns, Is.EqualTo(new[] { "gold", "silver", "new" }));
    }

    static Engine.Events.Slabs.EventSlab Slab(Events.TestEvent e)
    {
        var slab = Events.EventReading.Slab(Events.EventReading.AnyTime(), e);
        slab.ReceivedAt = e.At;
        return slab;
    }

    static CampaignConfig ForSome(string segment)
    {
        var campaign = TestStages.OnEvent(segment, "add_to_cart");
        campaign.Segment = segment;
        return campaign;
    }

    static StageRun Run(params CampaignConfig[] campaigns) => new(Compile(numbers: null, campaigns), s_window);

    static CampaignSet Compile(CampaignNumbers? numbers, params CampaignConfig[] campaigns)
    {
        var segments = new FlagSamples();
        segments.Segments[("demo", "gold")] = [new TargetingCondition(Customer: "plan", EqualTo: FlagSamples.Value("\"gold\""))];
        segments.Segments[("demo", "silver")] = [new TargetingCondition(Customer: "plan", EqualTo: FlagSamples.Value("\"silver\""))];
        segments.Segments[("demo", "rich")] = [new TargetingCondition(Feature: "cart_value", AtLeast: 1)];
        segments.Segments[("demo", "new")] = segments.Segments[("demo", "gold")];
        var config = new DecisionsConfig { Campaigns = [.. campaigns], Window = Duration.FromMinutes(30) };
        return CampaignCompiler.Compile(config, TestStages.Stores, segments: segments, numbers: numbers);
    }
}
