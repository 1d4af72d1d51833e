using CartRecovery.Engine.ControlPlane;
using CartRecovery.Engine.ControlPlane.Audit;
using CartRecovery.Engine.ControlPlane.Campaigns;
using CartRecovery.Engine.ControlPlane.Experiments;
using CartRecovery.Engine.ControlPlane.Flags;
using CartRecovery.Engine.ControlPlane.Segments;
using CartRecovery.Tests.ControlPlane.Database;
using CartRecovery.Tests.ControlPlane.Experiments;
using static CartRecovery.Tests.ControlPlane.Flags.FlagSamples;

namespace CartRecovery.Tests.ControlPlane.Segments;

/// <summary>Segments in the control database.</summary>
public sealed class SegmentStoreTests(DatabaseKind kind) : ControlDatabaseFixture(kind)
{
    static readonly SegmentDefinition s_rich = new([new FlagCondition(Feature: "cart_value", AtLeast: 100)], "rich");

    SegmentStore _segments = null!;

    [SetUp]
    public void SetUp() => _segments = new SegmentStore(Control);

    [Test]
    public async Task A_segment_is_made_changed_and_deleted_by_who_knows_its_version()
    {
        var made = await SetAsync("demo", "a", s_rich, new FlagExpectation(IsNew: true));
        Assert.That(await RefusedAsync(() => SetAsync("demo", "a", s_rich, new FlagExpectation(IsNew: true))), Is.EqualTo("segment_exists"));
        var poor = new SegmentDefinition([new FlagCondition(Customer: "plan", In: [Value("\"free\""), Value("7")])]);
        var changed = await SetAsync("demo", "a", poor, new FlagExpectation(made.Version));
        Assert.That((made.Number, changed.Number, made.Version == changed.Version), Is.EqualTo((1, 2, false)));
        Assert.That(await RefusedAsync(() => SetAsync("demo", "a", s_rich, new FlagExpectation(made.Version))), Is.EqualTo("segment_changed"));
        Assert.That(await RefusedAsync(() => SetAsync("demo", "b", s_rich, new FlagExpectation(MustExist: true))), Is.EqualTo("segment_changed"));
        Assert.That(await RefusedAsync(() => DeleteAsync("demo", "a", new FlagExpectation(made.Version))), Is.EqualTo("segment_changed"));
        var versions = await _segments.VersionsAsync("demo", "a");
        Assert.That(versions.Select(version => (version.Number, version.Definition.Description, version.Definition.Conditions!.Single().In?[0].GetString(), version.By)),
            Is.EqualTo(new[] { (2L, null, "free", "user:1"), (1L, "rich", (string?)null, "user:1") }));
        Assert.That(await DeleteAsync("other", "a", default), Is.False, "another store's");
        Assert.That(await DeleteAsync("demo", "a", new FlagExpectation(changed.Version)));
        Assert.That((await DeleteAsync("demo", "a", default), (await _segments.VersionsAsync("demo", "a")).Count), Is.EqualTo((false, 0)));
        var entries = await new AuditLog(Control).ListAsync(new AuditFilter(Action: "segment."), long.MaxValue, 10);
        Assert.That(entries.Select(entry => (entry.Event.Action, entry.Event.Target, entry.Event.Store, entry.Event.Details)), Is.EqualTo(new[]
        {
            ("segment.delete", "segment:a", "demo", """{"version":2}"""), ("segment.change", "segment:a", "demo", """{"version":2}"""), ("segment.add", "segment:a", "demo", """{"version":1}"""),
        }));
    }

    [Test]
    public async Task A_segment_in_use_is_not_deleted_and_the_problem_names_its_uses()
    {
        await SetAsync("demo", "a", s_rich);
        await SetAsync("other", "a", s_rich);
        await new FlagStore(Control).SetAsync("demo", "flag", Boolean(new FlagRule("on", Segment: "a")), default, "user:1", address: null);
        await new ExperimentStore(Control).AddAsync("demo", "trial", ExperimentSamples.AB() with { Segment = "a" }, "user:1", address: null);
        var campaigns = new CampaignStore(Control);
        var draft = new CampaignDraft("""{"segment":"a"}""", ["demo"], StartsAt: null, EndsAt: null, "");
        await campaigns.SaveAsync("draft", after: 0, draft, "user:1", address: null);
        await campaigns.SaveAsync("elsewhere", after: 0, draft with { Stores = ["eu"] }, "user:1", address: null);
        await campaigns.SaveAsync("was", after: 0, draft, "user:1", address: null);
        await campaigns.StepAsync("was", 1, CampaignStep.Check, needsApproval: false, "user:1", address: null);
        await campaigns.StepAsync("was", 1, CampaignStep.Activate, needsApproval: false, "user:1", address: null);
        await campaigns.SaveAsync("was", after: 1, draft with { Definition = "{}" }, "user:1", address: null);

        var refusal = await RefusalAsync(() => _segments.DeleteAsync("demo", "a", default, ["of-file", "was"], "user:1", address: null));
        Assert.That((refusal?.Code, refusal?.Message), Is.EqualTo(("segment_in_use",
            "The segment is used by the feature flag 'flag', the experiment 'trial', the campaign 'of-file', the campaign 'was', the campaign 'draft'. Change or delete that first.")));
        Assert.That(await DeleteAsync("other", "a", default), "nothing of that store");
        await campaigns.SaveAsync("everywhere", after: 0, draft with { Stores = [] }, "user:1", address: null);
        await SetAsync("other", "a", s_rich);
        Assert.That((await RefusalAsync(() => DeleteAsync("other", "a", default)))?.Message, Does.Contain("by the campaign 'everywhere'."));
    }

    [Test]
    public async Task An_ended_experiment_and_an_archived_campaign_do_not_use_a_segment()
    {
        await SetAsync("demo", "a", s_rich);
        await new ExperimentStore(Control).AddAsync("demo", "trial", ExperimentSamples.AB() with { Segment = "a" }, "user:1", address: null);
        var campaigns = new CampaignStore(Control);
        await campaigns.SaveAsync("was", after: 0, new CampaignDraft("""{"segment":"a"}""", [], StartsAt: null, EndsAt: null, ""), "user:1", address: null);
        Assert.That(await RefusedAsync(() => DeleteAsync("demo", "a", default)), Is.EqualTo("segment_in_use"));
        await new ExperimentStore(Control).EndAsync("demo", "trial", winner: null, "user:1", address: null);
        Assert.That(await RefusedAsync(() => DeleteAsync("demo", "a", default)), Is.EqualTo("segment_in_use"));
        await campaigns.StepAsync("was", 1, CampaignStep.Archive, needsApproval: false, "user:1", address: null);
        Assert.That(await DeleteAsync("demo", "a", default));
    }

    [Test]
    public async Task A_segment_of_an_approved_campaign_is_not_changed_without_approval()
    {
        await SetAsync("demo", "a", s_rich);
        var campaigns = new CampaignStore(Control);
        await campaigns.SaveAsync("left", after: 0, new CampaignDraft("""{"segment":"a"}""", ["demo"], StartsAt: null, EndsAt: null, ""), "user:1", address: null);
        Task<Segment> ChangeAsync(string store = "demo", IReadOnlyList<string>? guarded = null) => _segments.SetAsync(store, "a", s_rich, default, "user:1", address: null, guarded ?? []);
        await ChangeAsync();
        await campaigns.StepAsync("left", 1, CampaignStep.Check, needsApproval: true, "user:1", address: null);
        await campaigns.StepAsync("left", 1, CampaignStep.Approve, needsApproval: true, "user:2", address: null);
        var refusal = await RefusalAsync(() => ChangeAsync());
        Assert.That((refusal?.Code, refusal?.Message), Is.EqualTo(("approval_required",
            "The segment is used by the campaign 'left', whose changes another user must approve (settings.approval). Make another segment, and a version of the campaign that names it.")));
        await campaigns.StepAsync("left", 1, CampaignStep.Activate, needsApproval: true, "user:1", address: null);
        Assert.That(await RefusedAsync(() => ChangeAsync()), Is.EqualTo("approval_required"));
        Assert.That(await RefusedAsync(() => ChangeAsync("eu", ["of-file"])), Is.EqualTo("approval_required"), "a campaign of the file");
        await ChangeAsync("eu");
        await SetAsync("demo", "a", s_rich);
    }

    [Test]
    public async Task A_use_of_a_segment_that_was_just_deleted_is_rejected()
    {
        var flag = Boolean(new FlagRule("on", Segment: "gone"));
        Assert.That(await RefusedAsync(() => new FlagStore(Control).SetAsync("demo", "flag", flag, default, "user:1", address: null)), Is.EqualTo("segment_unknown"));
        Assert.That(await RefusedAsync(() => new ExperimentStore(Control).AddAsync("demo", "trial", ExperimentSamples.AB() with { Segment = "gone" }, "user:1", address: null)),
            Is.EqualTo("segment_unknown"));
    }

    [Test]
    public async Task Another_engine_sees_a_change()
    {
        var other = await OpenAsync();
        var (directory, changes) = (new SegmentDirectory(other), 0);
        directory.OnChange = () => changes++;
        directory.Follow();
        await other.Changes.StartAsync();
        await SetAsync("demo", "b", s_rich);
        await SetAsync("demo", "a", s_rich);
        await SetAsync("eu", "c", s_rich);
        var before = directory.Present;
        await other.Changes.RefreshAsync();
        Assert.That((before.Find("demo", "a"), directory.Present.Find("demo", "a")?.Count), Is.EqualTo(((object?)null, 1)), "what was read before stays as it was");
        Assert.That(directory.OfStore("demo").Select(segment => segment.Key), Is.EqualTo(new[] { "a", "b" }));
        Assert.That((directory.Find("demo", "a")?.Single().AtLeast, directory.Find("demo", "c"), directory.Find("nowhere", "a")), Is.EqualTo(((double?)100, (object?)null, (object?)null)));
        Assert.That(changes, Is.EqualTo(2), "at the start, and once for three changes");
    }

    [Test]
    public async Task The_number_and_size_of_segments_and_versions_are_bounded()
    {
        await Control.WriteAsync(async session =>
        {
            for (var i = 0; i < SegmentStore.MaxPerStore; i++)
            {
                await session.RunAsync($"INSERT INTO segments (store, key, number) VALUES ('demo', {$"s{i}"}, 150)");
                await session.RunAsync($"""
                    INSERT INTO segment_versions (store, key, number, version, definition, bytes, created_at, created_by)
                    VALUES ('demo', {$"s{i}"}, 150, {$"v{i}"}, {"{}"}, 10, 0, 'cli')
                    """);
            }

            await session.RunAsync($"""
                INSERT INTO segment_versions (store, key, number, version, definition, bytes, created_at, created_by) VALUES ('demo', 's0', 51, 'old', {"{}"}, 10, 0, 'cli')
                """);
        });

        Assert.That(await RefusedAsync(() => SetAsync("demo", "more", s_rich)), Is.EqualTo("too_many_segments"));
        await SetAsync("demo", "s0", s_rich);
        Assert.That((await _segments.VersionsAsync("demo", "s0")).Select(version => version.Number), Is.EqualTo(new[] { 151L, 150L }), "the last hundred are kept");
        await SetAsync("other", "more", s_rich);
        var large = new SegmentDefinition([.. Enumerable.Range(0, 16).Select(i => new FlagCondition(Customer: new string('a', 128), In: [.. Enumerable.Range(0, 100).Select(j => Value($"\"{i}-{j}-value\""))]))]);
        Assert.That(await RefusedAsync(() => SetAsync("other", "large", large)), Is.EqualTo("too_many_segments"));
    }

    Task<Segment> SetAsync(string store, string key, SegmentDefinition definition, FlagExpectation expected = default) =>
        _segments.SetAsync(store, key, definition, expected, "user:1", address: null);

    Task<bool> DeleteAsync(string store, string key, FlagExpectation expected) => _segments.DeleteAsync(store, key, expected, [], "user:1", address: null);

    static async Task<string?> RefusedAsync(Func<Task> change) => (await RefusalAsync(change))?.Code;

    static async Task<ControlRefusalException?> RefusalAsync(Func<Task> change)
    {
        try
        {
            await change();
            return null;
        }
        catch (ControlRefusalException e)
        {
            return e;
        }
    }
}
