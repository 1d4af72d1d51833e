using CartRecovery.Engine.ControlPlane;
using CartRecovery.Engine.ControlPlane.Audit;
using CartRecovery.Engine.ControlPlane.Campaigns;
using CartRecovery.Engine.ControlPlane.Definitions;
using CartRecovery.Tests.ControlPlane.Database;

namespace CartRecovery.Tests.ControlPlane.Definitions;

/// <summary>What holds for every kind of versioned definition in the control database.</summary>
/// <param name="database">The database.</param>
/// <param name="kind">The kind.</param>
/// <param name="first">A definition.</param>
/// <param name="second">Another definition.</param>
/// <param name="large">A definition that is too large.</param>
/// <param name="campaign">A campaign's definition that names the definition 'a'.</param>
public abstract class DefinitionStoreTests<T>(DatabaseKind database, DefinitionKind<T> kind, T first, T second, T large, string campaign) : ControlDatabaseFixture(database)
    where T : class
{
    /// <summary>The store.</summary>
    protected DefinitionStore<T> Definitions { get; private set; } = null!;

    /// <summary>The campaigns in the same database.</summary>
    protected CampaignStore Campaigns { get; private set; } = null!;

    string Noun => kind.Terms.Noun;

    [SetUp]
    public void OpenStores() => (Definitions, Campaigns) = (new DefinitionStore<T>(Control, kind), new CampaignStore(Control));

    [Test]
    public async Task A_definition_is_made_changed_and_deleted_by_who_knows_its_version()
    {
        var made = await SetAsync("demo", "a", first, new Precondition(IsNew: true));
        Assert.That(await RefusedAsync(() => SetAsync("demo", "a", first, new Precondition(IsNew: true))), Is.EqualTo($"{Noun}_exists"));
        var changed = await SetAsync("demo", "a", second, new Precondition(made.Version));
        Assert.That((made.Number, changed.Number, made.Version == changed.Version), Is.EqualTo((1, 2, false)));
        Assert.That(await RefusedAsync(() => SetAsync("demo", "a", first, new Precondition(made.Version))), Is.EqualTo($"{Noun}_changed"));
        Assert.That(await RefusedAsync(() => SetAsync("demo", "b", first, new Precondition(MustExist: true))), Is.EqualTo($"{Noun}_changed"));
        Assert.That(await RefusedAsync(() => DeleteAsync("demo", "a", new Precondition(made.Version))), Is.EqualTo($"{Noun}_changed"));
        var versions = await Definitions.VersionsAsync("demo", "a");
        Assert.That(versions.Select(version => (version.Number, Text(version.Definition), version.By)), Is.EqualTo(new[] { (2L, Text(second), "user:1"), (1L, Text(first), "user:1") }));
        Assert.That(await DeleteAsync("other", "a"), Is.False, "another store's");
        Assert.That(await DeleteAsync("demo", "a", new Precondition(changed.Version)));
        Assert.That((await DeleteAsync("demo", "a"), (await Definitions.VersionsAsync("demo", "a")).Count), Is.EqualTo((false, 0)));
        var entries = await new AuditLog(Control).ListAsync(new AuditFilter(Action: $"{Noun}."), long.MaxValue, 10);
        Assert.That(entries.Select(entry => (entry.Event.Action, entry.Event.Target, entry.Event.Store, entry.Event.Details)), Is.EqualTo(new[]
        {
            ($"{Noun}.delete", $"{Noun}:a", "demo", """{"version":2}"""), ($"{Noun}.change", $"{Noun}:a", "demo", """{"version":2}"""), ($"{Noun}.add", $"{Noun}:a", "demo", """{"version":1}"""),
        }));
    }

    [Test]
    public async Task A_definition_that_campaigns_use_is_not_deleted_and_the_problem_names_them()
    {
        await SetAsync("demo", "a", first);
        await SetAsync("other", "a", first);
        var draft = new CampaignDraft(campaign, ["demo"], StartsAt: null, EndsAt: null, "");
        await Campaigns.SaveAsync("draft", after: 0, draft, "user:1", address: null);
        await Campaigns.SaveAsync("elsewhere", after: 0, draft with { Stores = ["eu"] }, "user:1", address: null);
        await Campaigns.SaveAsync("was", after: 0, draft, "user:1", address: null);
        await Campaigns.StepAsync("was", 1, CampaignStep.Check, needsApproval: false, "user:1", address: null);
        await Campaigns.StepAsync("was", 1, CampaignStep.Activate, needsApproval: false, "user:1", address: null);
        await Campaigns.SaveAsync("was", after: 1, draft with { Definition = "{}" }, "user:1", address: null);

        var refusal = await RefusalAsync(() => DeleteAsync("demo", "a", default, "of-file", "was"));
        Assert.That((refusal?.Code, refusal?.Message), Is.EqualTo(($"{Noun}_in_use",
            $"The {Noun} is used by the campaign 'of-file', the campaign 'was', the campaign 'draft'. Change or delete that first.")));
        Assert.That(await DeleteAsync("other", "a"), "nothing of that store");
        await Campaigns.SaveAsync("everywhere", after: 0, draft with { Stores = [] }, "user:1", address: null);
        await SetAsync("other", "a", first);
        Assert.That((await RefusalAsync(() => DeleteAsync("other", "a")))?.Message, Does.Contain("by the campaign 'everywhere'."));
        await Campaigns.StepAsync("everywhere", 1, CampaignStep.Archive, needsApproval: false, "user:1", address: null);
        Assert.That(await DeleteAsync("other", "a"), "an archived campaign does not use it");
    }

    [Test]
    public async Task A_definition_of_an_approved_campaign_is_not_changed_without_approval()
    {
        await SetAsync("demo", "a", first);
        await Campaigns.SaveAsync("left", after: 0, new CampaignDraft(campaign, ["demo"], StartsAt: null, EndsAt: null, ""), "user:1", address: null);
        Task ChangeAsync(string store, params string[] guarded) => Definitions.SetAsync(store, "a", second, default, guarded, "user:1", address: null);
        await ChangeAsync("demo");
        await Campaigns.StepAsync("left", 1, CampaignStep.Check, needsApproval: true, "user:1", address: null);
        await Campaigns.StepAsync("left", 1, CampaignStep.Approve, needsApproval: true, "user:2", address: null);
        var refusal = await RefusalAsync(() => ChangeAsync("demo"));
        Assert.That((refusal?.Code, refusal?.Message), Is.EqualTo(("approval_required",
            $"The {Noun} is used by the campaign 'left', whose changes another user must approve (settings.approval). Create another {Noun}, and a version of the campaign that names it.")));
        await Campaigns.StepAsync("left", 1, CampaignStep.Activate, needsApproval: true, "user:1", address: null);
        Assert.That(await RefusedAsync(() => ChangeAsync("demo")), Is.EqualTo("approval_required"));
        Assert.That(await RefusedAsync(() => ChangeAsync("eu", "of-file")), Is.EqualTo("approval_required"), "a campaign of the file");
        await ChangeAsync("eu");
        await SetAsync("demo", "a", first);
    }

    [Test]
    public async Task Another_engine_sees_a_change()
    {
        var other = await OpenAsync();
        var (directory, changes) = (new DefinitionDirectory<T>(other, kind), 0);
        directory.OnChange = () => changes++;
        directory.Follow();
        await other.Changes.StartAsync();
        await SetAsync("demo", "b", first);
        await SetAsync("demo", "a", second);
        await SetAsync("eu", "c", first);
        var before = directory.Present;
        await other.Changes.RefreshAsync();
        Assert.That((before.Find("demo", "a"), Text(directory.Present.Find("demo", "a")!)), Is.EqualTo(((T?)null, Text(second))), "what was read before stays as it was");
        Assert.That(directory.OfStore("demo").Select(definition => definition.Name), Is.EqualTo(new[] { "a", "b" }));
        Assert.That((Text(directory.Find("demo", "a")!), directory.Find("demo", "c"), directory.Find("nowhere", "a")), Is.EqualTo((Text(second), (T?)null, (T?)null)));
        Assert.That(changes, Is.EqualTo(2), "at the start, and once for three changes");
    }

    [Test]
    public async Task The_number_and_size_of_definitions_and_versions_are_bounded()
    {
        await Control.WriteAsync(async session =>
        {
            Task AddVersionAsync(string name, int number) => session.RunAsync($"""
                INSERT INTO {kind.Versions} (store, {kind.Column}, number, version, definition, bytes, created_at, created_by)
                VALUES ('demo', {name}, {number}, {$"{name}-{number}"}, {"{}"}, 10, 0, 'cli')
                """);
            for (var i = 0; i < kind.Limits.PerStore; i++)
            {
                await session.RunAsync($"INSERT INTO {kind.Table} (store, {kind.Column}, number) VALUES ('demo', {$"s{i}"}, 150)");
                await AddVersionAsync($"s{i}", 150);
            }

            await AddVersionAsync("s0", 51);
        });

        Assert.That(await RefusedAsync(() => SetAsync("demo", "more", first)), Is.EqualTo($"too_many_{Noun}s"));
        await SetAsync("demo", "s0", first);
        Assert.That((await Definitions.VersionsAsync("demo", "s0")).Select(version => version.Number), Is.EqualTo(new[] { 151L, 150L }), "the last hundred are kept");
        await SetAsync("other", "more", first);
        Assert.That(await RefusedAsync(() => SetAsync("other", "large", large)), Is.EqualTo($"too_many_{Noun}s"));
        await Control.WriteAsync(session => session.RunAsync($"UPDATE {kind.Versions} SET bytes = {kind.Limits.AllBytes} WHERE store = 'demo' AND {kind.Column} = 's1'"));
        Assert.That(await RefusedAsync(() => SetAsync("other", "more", first)), Is.EqualTo($"too_many_{Noun}s"), "all together are too large");
        Assert.That((await SetAsync("demo", "s1", first)).Number, Is.EqualTo(151), "the large one is replaced");
    }

    /// <summary>Changes a definition while campaigns need no approval.</summary>
    protected Task<VersionedDefinition<T>> SetAsync(string store, string name, T definition, Precondition expected = default) =>
        Definitions.SetAsync(store, name, definition, expected, guarded: null, "user:1", address: null);

    /// <summary>Deletes a definition.</summary>
    protected Task<bool> DeleteAsync(string store, string name, Precondition expected = default, params string[] campaigns) =>
        Definitions.DeleteAsync(store, name, expected, campaigns, "user:1", address: null);

    /// <summary>Returns the code with which a change is refused; <see langword="null"/> if it is not.</summary>
    protected static async Task<string?> RefusedAsync(Func<Task> change) => (await RefusalAsync(change))?.Code;

    /// <summary>Returns the refusal of a change; <see langword="null"/> if it is not refused.</summary>
    protected static async Task<ControlRefusalException?> RefusalAsync(Func<Task> change)
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

    string Text(T definition) => System.Text.Json.JsonSerializer.Serialize(definition, kind.Json);
}
