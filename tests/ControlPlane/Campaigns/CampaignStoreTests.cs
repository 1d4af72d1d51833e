using CartRecovery.Engine.ControlPlane;
using CartRecovery.Engine.ControlPlane.Audit;
using CartRecovery.Engine.ControlPlane.Campaigns;
using CartRecovery.Tests.ControlPlane.Database;

namespace CartRecovery.Tests.ControlPlane.Campaigns;

/// <summary>Campaigns of the API and their versions in both databases.</summary>
public sealed class CampaignStoreTests(DatabaseKind kind) : ControlDatabaseFixture(kind)
{
    const string Maker = "user:1", Other = "user:2";

    CampaignStore _store = null!;

    [SetUp]
    public void SetUp() => _store = new CampaignStore(Control);

    [Test]
    public async Task A_campaign_goes_from_the_draft_to_the_archive()
    {
        Assert.That(await _store.SaveAsync("spring", 0, Draft("one"), Maker, "192.0.2.1"), Is.EqualTo(1));
        Assert.That((await _store.FindAsync("spring"))!.State, Is.EqualTo("draft"));
        await StepAsync(CampaignStep.Check);
        await StepAsync(CampaignStep.Approve, Other);
        await StepAsync(CampaignStep.Activate);
        var active = (await _store.ActiveAsync()).Single();
        Assert.That((active.Name, active.Draft.Definition, active.Draft.Stores, active.Draft.StartsAt), Is.EqualTo(("spring", "one", (IReadOnlyList<string>)["s1", "s2"], Time.GetUtcNow())));

        Assert.That(await _store.SaveAsync("spring", 1, Draft("two"), Other, address: null), Is.EqualTo(2));
        var changed = (await _store.FindAsync("spring"))!;
        Assert.That((changed.State, changed.ActiveVersion, changed.Last.Number, changed.Last.ApprovedBy), Is.EqualTo(("draft", (long?)1, 2L, (string?)null)));
        Assert.That((await _store.ActiveAsync()).Single().Draft.Definition, Is.EqualTo("one"), "the version in force stays");
        Assert.That((await _store.VersionsAsync("spring")).Select(version => (version.Number, version.By, version.ApprovedBy)), Is.EqualTo(new (long, string, string?)[] { (2, Other, null), (1, Maker, Other) }));

        await StepAsync(CampaignStep.Archive, version: 2);
        Assert.That(await _store.ActiveAsync(), Is.Empty);
        await _store.DeleteAsync("spring", 2, Maker, address: null);
        Assert.That((await _store.FindAsync("spring"), await _store.VersionsAsync("spring")), Is.EqualTo(((ManagedCampaign?)null, Array.Empty<CampaignVersion>())));
        var entries = await new AuditLog(Control).ListAsync(new AuditFilter(Action: "campaign."), long.MaxValue, 20);
        Assert.That(entries.Select(entry => entry.Event.Action).Reverse(), Is.EqualTo(new[]
        {
            "campaign.create", "campaign.check", "campaign.approve", "campaign.activate", "campaign.change", "campaign.archive", "campaign.delete",
        }));
        Assert.That((entries[^1].Event.Target, entries[^1].Event.Details, entries[^1].Event.Address), Is.EqualTo(("campaign:spring", """{"version":1,"reason":"it is time"}""", "192.0.2.1")));
    }

    [Test]
    public async Task A_transition_that_the_state_or_the_approver_forbids_is_rejected()
    {
        await _store.SaveAsync("spring", 0, Draft("one"), Maker, address: null);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(await CodeOf(() => StepAsync(CampaignStep.Activate)), Is.EqualTo("campaign_state"), "it is not checked");
            Assert.That(await CodeOf(() => StepAsync(CampaignStep.Approve, Other)), Is.EqualTo("campaign_state"));
            Assert.That(await CodeOf(() => _store.SaveAsync("spring", 0, Draft("x"), Maker, address: null)), Is.EqualTo("campaign_exists"));
            Assert.That(await CodeOf(() => _store.SaveAsync("spring", 4, Draft("x"), Maker, address: null)), Is.EqualTo("campaign_changed"));
            Assert.That(await CodeOf(() => StepAsync(CampaignStep.Check, version: 2)), Is.EqualTo("campaign_changed"));
            Assert.That(await CodeOf(() => _store.DeleteAsync("none", 1, Maker, address: null)), Is.EqualTo("campaign_changed"));
        }

        await StepAsync(CampaignStep.Check);
        Assert.That(await CodeOf(() => StepAsync(CampaignStep.Approve)), Is.EqualTo("own_approval"));
        Assert.That(await CodeOf(() => StepAsync(CampaignStep.Activate, needsApproval: true)), Is.EqualTo("approval_required"));
        await StepAsync(CampaignStep.Approve, Other);
        await StepAsync(CampaignStep.Activate, needsApproval: true);
        Assert.That(await CodeOf(() => _store.DeleteAsync("spring", 1, Maker, address: null)), Is.EqualTo("campaign_state"), "it is in force");
    }

    [Test]
    public async Task A_version_made_by_a_key_cannot_be_approved()
    {
        await _store.SaveAsync("spring", 0, Draft("one"), "key:1", address: null);
        await StepAsync(CampaignStep.Check);
        Assert.That(await CodeOf(() => StepAsync(CampaignStep.Approve, Other, needsApproval: true)), Is.EqualTo("own_approval"));
        await StepAsync(CampaignStep.Approve, Other);
        Assert.That(await CodeOf(() => StepAsync(CampaignStep.Activate, needsApproval: true)), Is.EqualTo("approval_required"), "it was approved while no approval was required");
        await StepAsync(CampaignStep.Activate);
    }

    [Test]
    public async Task One_of_two_concurrent_changes_of_a_version_succeeds()
    {
        await _store.SaveAsync("spring", 0, Draft("one"), Maker, address: null);
        await using var other = await OpenAsync();
        var codes = await Task.WhenAll(
            CodeOf(() => _store.SaveAsync("spring", 1, Draft("two"), Maker, address: null)), CodeOf(() => new CampaignStore(other).SaveAsync("spring", 1, Draft("three"), Other, address: null)));
        Assert.That(codes, Is.EquivalentTo(new[] { "", "campaign_changed" }));
    }

    [Test]
    public async Task Old_versions_are_deleted_except_the_one_in_force()
    {
        await _store.SaveAsync("spring", 0, Draft("one"), Maker, address: null);
        await StepAsync(CampaignStep.Check);
        await StepAsync(CampaignStep.Activate);
        for (var after = 1; after <= CampaignStore.MaxVersions; after++)
        {
            await _store.SaveAsync("spring", after, Draft("next"), Maker, address: null);
        }

        Assert.That((await _store.ActiveAsync()).Single().Draft.Definition, Is.EqualTo("one"));
        Assert.That(await Control.ReadAsync(session => session.NumberAsync($"SELECT COUNT(*) FROM campaign_versions")), Is.EqualTo(CampaignStore.MaxVersions + 1));
    }

    CampaignDraft Draft(string definition) => new(definition, ["s1", "s2"], Time.GetUtcNow(), Time.GetUtcNow().AddDays(7), "it is time");

    Task StepAsync(CampaignStep step, string actor = Maker, long version = 1, bool needsApproval = false) => _store.StepAsync("spring", version, step, needsApproval, actor, address: null);

    static async Task<string> CodeOf(Func<Task> action)
    {
        try
        {
            await action();
            return "";
        }
        catch (ControlRefusalException e)
        {
            return e.Code;
        }
    }
}
