using CartRecovery.Engine.ControlPlane;
using CartRecovery.Engine.ControlPlane.Audit;
using CartRecovery.Engine.ControlPlane.Campaigns;
using CartRecovery.Engine.ControlPlane.Flags;
using CartRecovery.Engine.ControlPlane.Templates;
using CartRecovery.Tests.ControlPlane.Database;

namespace CartRecovery.Tests.ControlPlane.Templates;

/// <summary>Templates in the control database.</summary>
public sealed class TemplateStoreTests(DatabaseKind kind) : ControlDatabaseFixture(kind)
{
    static readonly TemplateDefinition s_hello = new("Hello", "Subject", "<p>Hello</p>", "greets");

    TemplateStore _templates = null!;

    [SetUp]
    public void SetUp() => _templates = new TemplateStore(Control);

    [Test]
    public async Task A_template_is_made_changed_and_deleted_by_who_knows_its_version()
    {
        var made = await SetAsync("demo", "a", s_hello, new FlagExpectation(IsNew: true));
        Assert.That(await RefusedAsync(() => SetAsync("demo", "a", s_hello, new FlagExpectation(IsNew: true))), Is.EqualTo("template_exists"));
        var changed = await SetAsync("demo", "a", new TemplateDefinition("Bye"), new FlagExpectation(made.Version));
        Assert.That((made.Number, changed.Number, made.Version == changed.Version), Is.EqualTo((1, 2, false)));
        Assert.That(await RefusedAsync(() => SetAsync("demo", "a", s_hello, new FlagExpectation(made.Version))), Is.EqualTo("template_changed"));
        Assert.That(await RefusedAsync(() => SetAsync("demo", "b", s_hello, new FlagExpectation(MustExist: true))), Is.EqualTo("template_changed"));
        Assert.That(await RefusedAsync(() => DeleteAsync("demo", "a", new FlagExpectation(made.Version))), Is.EqualTo("template_changed"));
        Assert.That((await _templates.VersionsAsync("demo", "a")).Select(version => (version.Number, version.Definition, version.By)),
            Is.EqualTo(new[] { (2L, new TemplateDefinition("Bye"), "user:1"), (1L, s_hello, "user:1") }));
        Assert.That(await DeleteAsync("other", "a", default), Is.False, "another store's");
        Assert.That(await DeleteAsync("demo", "a", new FlagExpectation(changed.Version)));
        Assert.That((await DeleteAsync("demo", "a", default), (await _templates.VersionsAsync("demo", "a")).Count), Is.EqualTo((false, 0)));
        var entries = await new AuditLog(Control).ListAsync(new AuditFilter(Action: "template."), long.MaxValue, 10);
        Assert.That(entries.Select(entry => (entry.Event.Action, entry.Event.Target, entry.Event.Store, entry.Event.Details)), Is.EqualTo(new[]
        {
            ("template.delete", "template:a", "demo", """{"version":2}"""), ("template.change", "template:a", "demo", """{"version":2}"""), ("template.add", "template:a", "demo", """{"version":1}"""),
        }));
    }

    [TestCase("""{"template":"a"}""")]
    [TestCase("""{"steps":[{"template":"b"},{"template":"a"}]}""")]
    [TestCase("""{"variants":[{"name":"control"},{"steps":[{"message":"hi"},{"template":"a"}]}]}""")]
    public async Task A_template_in_use_is_not_deleted_and_the_problem_names_its_uses(string definition)
    {
        await SetAsync("demo", "a", s_hello);
        await SetAsync("other", "a", s_hello);
        var campaigns = new CampaignStore(Control);
        var draft = new CampaignDraft(definition, ["demo"], StartsAt: null, EndsAt: null, "");
        await campaigns.SaveAsync("draft", after: 0, draft, "user:1", address: null);
        await campaigns.SaveAsync("elsewhere", after: 0, draft with { Stores = ["eu"] }, "user:1", address: null);
        await campaigns.SaveAsync("was", after: 0, draft, "user:1", address: null);
        await campaigns.StepAsync("was", 1, CampaignStep.Check, needsApproval: false, "user:1", address: null);
        await campaigns.StepAsync("was", 1, CampaignStep.Activate, needsApproval: false, "user:1", address: null);
        await campaigns.SaveAsync("was", after: 1, draft with { Definition = "{}" }, "user:1", address: null);

        var refusal = await RefusalAsync(() => _templates.DeleteAsync("demo", "a", default, ["of-file", "was"], "user:1", address: null));
        Assert.That((refusal?.Code, refusal?.Message), Is.EqualTo(("template_in_use",
            "The template is used by the campaign 'of-file', the campaign 'was', the campaign 'draft'. Change or delete that first.")));
        Assert.That(await DeleteAsync("other", "a", default), "nothing of that store");
    }

    [Test]
    public async Task Where_campaigns_need_approval_a_template_of_an_active_one_is_not_changed()
    {
        await SetAsync("demo", "a", s_hello);
        var campaigns = new CampaignStore(Control);
        await campaigns.SaveAsync("sale", after: 0, new CampaignDraft("""{"template":"a"}""", ["demo"], StartsAt: null, EndsAt: null, ""), "user:1", address: null);
        Task ChangeAsync(params string[] guarded) => _templates.SetAsync("demo", "a", new TemplateDefinition("Other"), default, guarded, "user:1", address: null);
        await ChangeAsync();
        await campaigns.StepAsync("sale", 1, CampaignStep.Check, needsApproval: false, "user:1", address: null);
        await campaigns.StepAsync("sale", 1, CampaignStep.Activate, needsApproval: false, "user:1", address: null);
        var refusal = await RefusalAsync(() => ChangeAsync());
        Assert.That((refusal?.Code, refusal?.Message), Is.EqualTo(("approval_required",
            "The template is used by the campaign 'sale', whose changes another user must approve (settings.approval). Create another template, and a version of the campaign that names it.")));
        Assert.That(await RefusedAsync(() => _templates.SetAsync("demo", "b", s_hello, default, ["of-file"], "user:1", address: null)), Is.EqualTo("approval_required"), "a campaign of the file");
        Assert.That((await SetAsync("demo", "a", s_hello)).Number, Is.EqualTo(3), "without the rule");
    }

    [Test]
    public async Task Another_engine_sees_a_change()
    {
        var other = await OpenAsync();
        var (directory, changes) = (new TemplateDirectory(other), 0);
        directory.OnChange = () => changes++;
        directory.Follow();
        await other.Changes.StartAsync();
        await SetAsync("demo", "b", s_hello);
        await SetAsync("demo", "a", s_hello);
        await SetAsync("eu", "c", s_hello);
        await other.Changes.RefreshAsync();
        Assert.That(directory.OfStore("demo").Select(template => template.Name), Is.EqualTo(new[] { "a", "b" }));
        Assert.That((directory.Find("demo", "a"), directory.Find("demo", "c"), directory.Find("nowhere", "a")), Is.EqualTo((s_hello, (TemplateDefinition?)null, (TemplateDefinition?)null)));
        Assert.That(changes, Is.EqualTo(2), "at the start, and once for three changes");
    }

    [Test]
    public async Task The_number_and_size_of_templates_and_versions_are_bounded()
    {
        await Control.WriteAsync(async session =>
        {
            for (var i = 0; i < TemplateStore.MaxPerStore; i++)
            {
                await session.RunAsync($"INSERT INTO templates (store, name, number) VALUES ('demo', {$"s{i}"}, 150)");
                await session.RunAsync($"""
                    INSERT INTO template_versions (store, name, number, version, definition, bytes, created_at, created_by)
                    VALUES ('demo', {$"s{i}"}, 150, {$"v{i}"}, {"{}"}, 10, 0, 'cli')
                    """);
            }

            await session.RunAsync($"""
                INSERT INTO template_versions (store, name, number, version, definition, bytes, created_at, created_by) VALUES ('demo', 's0', 51, 'old', {"{}"}, 10, 0, 'cli')
                """);
        });

        Assert.That(await RefusedAsync(() => SetAsync("demo", "more", s_hello)), Is.EqualTo("too_many_templates"));
        await SetAsync("demo", "s0", s_hello);
        Assert.That((await _templates.VersionsAsync("demo", "s0")).Select(version => version.Number), Is.EqualTo(new[] { 151L, 150L }), "the last hundred are kept");
        await SetAsync("other", "more", s_hello);
        Assert.That(await RefusedAsync(() => SetAsync("other", "large", new TemplateDefinition(new string('a', TemplateStore.MaxBytes)))), Is.EqualTo("too_many_templates"));
    }

    Task<Template> SetAsync(string store, string name, TemplateDefinition definition, FlagExpectation expected = default) =>
        _templates.SetAsync(store, name, definition, expected, guarded: null, "user:1", address: null);

    Task<bool> DeleteAsync(string store, string name, FlagExpectation expected) => _templates.DeleteAsync(store, name, expected, [], "user:1", address: null);

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
