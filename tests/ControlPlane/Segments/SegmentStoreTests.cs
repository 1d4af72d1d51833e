using CartRecovery.Engine.ControlPlane.Campaigns;
using CartRecovery.Engine.ControlPlane.Experiments;
using CartRecovery.Engine.ControlPlane.Flags;
using CartRecovery.Engine.ControlPlane.Segments;
using CartRecovery.Engine.ControlPlane.Targeting;
using CartRecovery.Tests.ControlPlane.Database;
using CartRecovery.Tests.ControlPlane.Definitions;
using CartRecovery.Tests.ControlPlane.Experiments;
using static CartRecovery.Tests.ControlPlane.Flags.FlagSamples;

namespace CartRecovery.Tests.ControlPlane.Segments;

/// <summary>Segments in the control database.</summary>
public sealed class SegmentStoreTests(DatabaseKind database) : DefinitionStoreTests<SegmentDefinition>(database, SegmentDefinition.Kind,
    s_rich, new SegmentDefinition([new TargetingCondition(Customer: "plan", In: [Value("\"free\""), Value("7")])]), s_large, """{"segment":"a"}""")
{
    static readonly SegmentDefinition s_rich = new([new TargetingCondition(Feature: "cart_value", AtLeast: 100)], "rich");

    static readonly SegmentDefinition s_large = new([.. Enumerable.Range(0, 16)
        .Select(i => new TargetingCondition(Customer: new string('a', 128), In: [.. Enumerable.Range(0, 100).Select(j => Value($"\"{i}-{j}-value\""))]))]);

    [Test]
    public async Task Flags_and_experiments_use_a_segment_and_the_problem_names_them()
    {
        await SetAsync("demo", "a", s_rich);
        await SetAsync("other", "a", s_rich);
        await new FlagStore(Control).SetAsync("demo", "flag", Boolean(new FlagRule("on", Segment: "a")), default, "user:1", address: null);
        await new ExperimentStore(Control).AddAsync("demo", "trial", ExperimentSamples.AB() with { Segment = "a" }, "user:1", address: null);
        await Campaigns.SaveAsync("draft", after: 0, new CampaignDraft("""{"segment":"a"}""", ["demo"], StartsAt: null, EndsAt: null, ""), "user:1", address: null);
        Assert.That((await RefusalAsync(() => DeleteAsync("demo", "a")))?.Message,
            Is.EqualTo("The segment is used by the feature flag 'flag', the experiment 'trial', the campaign 'draft'. Change or delete that first."));
        Assert.That(await DeleteAsync("other", "a"), "nothing of that store");
    }

    [Test]
    public async Task An_ended_experiment_does_not_use_a_segment()
    {
        await SetAsync("demo", "a", s_rich);
        await new ExperimentStore(Control).AddAsync("demo", "trial", ExperimentSamples.AB() with { Segment = "a" }, "user:1", address: null);
        Assert.That(await RefusedAsync(() => DeleteAsync("demo", "a")), Is.EqualTo("segment_in_use"));
        await new ExperimentStore(Control).EndAsync("demo", "trial", winner: null, "user:1", address: null);
        Assert.That(await DeleteAsync("demo", "a"));
    }

    [Test]
    public async Task A_use_of_a_segment_that_was_just_deleted_is_rejected()
    {
        var flag = Boolean(new FlagRule("on", Segment: "gone"));
        Assert.That(await RefusedAsync(() => new FlagStore(Control).SetAsync("demo", "flag", flag, default, "user:1", address: null)), Is.EqualTo("segment_unknown"));
        Assert.That(await RefusedAsync(() => new ExperimentStore(Control).AddAsync("demo", "trial", ExperimentSamples.AB() with { Segment = "gone" }, "user:1", address: null)),
            Is.EqualTo("segment_unknown"));
    }
}
