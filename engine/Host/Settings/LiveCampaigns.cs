using System.Text.Json.Nodes;
using CartRecovery.Engine.Configuration;
using CartRecovery.Engine.Configuration.Campaigns;
using CartRecovery.Engine.Configuration.Control;
using CartRecovery.Engine.Configuration.Settings;
using CartRecovery.Engine.ControlPlane;
using CartRecovery.Engine.ControlPlane.Campaigns;
using CartRecovery.Engine.ControlPlane.Database;
using CartRecovery.Engine.ControlPlane.Definitions;
using CartRecovery.Engine.ControlPlane.Segments;
using CartRecovery.Engine.ControlPlane.Templates;

namespace CartRecovery.Host.Settings;

/// <summary>
/// The campaigns of the API in a running engine. Validates them together with the file and the settings, and puts them into force within
/// their dates, through the reload of the configuration. Thread-safe.
/// </summary>
/// <param name="database">The control database.</param>
sealed class LiveCampaigns(ControlDatabase database)
{
    IReadOnlyList<(string Name, CampaignDraft Draft)> _active = [];
    IReadOnlyDictionary<string, string> _unfit = CampaignFit.None;
    string _requested = "{}", _own = "";

    /// <summary>Returns the configuration in force.</summary>
    public required Func<CartRecoveryConfig> Config { get; init; }

    /// <summary>The segments that campaigns refer to.</summary>
    public required IDefinitions<SegmentDefinition> Segments { get; init; }

    /// <summary>Explains why a campaign of a configuration cannot use the templates that it names; <see langword="null"/> if it can.</summary>
    public required Func<CampaignConfig, CartRecoveryConfig, string?> TemplateProblem { get; init; }

    /// <summary>Whether a campaign needs the approval of another user.</summary>
    public bool NeedsApproval => Config().Settings.Approval == ApprovalRule.Required;

    /// <summary>Stores the campaigns and their versions.</summary>
    public CampaignStore Store { get; } = new(database);

    /// <summary>The settings, which are applied together with the campaigns. Set before the start.</summary>
    public LiveSettings? Settings { get; set; }

    /// <summary>The campaigns in force, as <see cref="Compose()"/> returns them.</summary>
    public string InForce { get; private set; } = "{}";

    /// <summary>Why campaigns that should be in force are set aside, by name: they do not fit the configuration. Each reload tries them again.</summary>
    public IReadOnlyDictionary<string, string> Unfit => Volatile.Read(ref _unfit);

    /// <summary>Registers the campaigns for reloads.</summary>
    public void Follow() => database.Changes.Follow(CampaignStore.Topic, async cancellation =>
    {
        Volatile.Write(ref _active, await Store.ActiveAsync(cancellation));
        RequestIfChanged();
    });

    /// <summary>Returns the campaigns that should be in force now: a JSON object with a campaign by each name.</summary>
    public string Compose() => Compose(Volatile.Read(ref _active), database.Time.GetUtcNow());

    /// <summary>Returns the campaigns that can be in force now: without those that are set aside.</summary>
    public string ComposeFitting() => Compose(Fitting(Volatile.Read(ref _active)), database.Time.GetUtcNow());

    /// <summary>Sets the campaigns in force.</summary>
    /// <param name="campaigns">The campaigns, as <see cref="Compose()"/> returns them.</param>
    /// <param name="unfit">Why some of them are set aside; <see langword="null"/> if that has not changed.</param>
    public void SetInForce(string campaigns, IReadOnlyDictionary<string, string>? unfit = null)
    {
        (InForce, _requested) = (campaigns, campaigns);
        Volatile.Write(ref _unfit, unfit ?? _unfit);
    }

    /// <summary>
    /// Requests a reload if a campaign starts or ends, or another engine changed one. Campaigns that were rejected are not retried until
    /// they change.
    /// </summary>
    public void RequestIfChanged()
    {
        var now = Compose();
        if (now != InForce && now != Volatile.Read(ref _requested) && now != Volatile.Read(ref _own) && Settings is { IsStarted: true } settings)
        {
            Volatile.Write(ref _requested, now);
            settings.RequestReload();
        }
    }

    /// <summary>Validates a campaign together with everything in force. Changes nothing.</summary>
    /// <exception cref="SettingsException">The campaign is invalid.</exception>
    public async Task CheckAsync(string name, CampaignDraft draft)
    {
        CheckSegment(name, draft);
        await Settings!.ReloadAsync(() => Compose(Fitting(With(name, draft), name), database.Time.GetUtcNow(), anyTime: name), record: null);
        await CheckTemplatesAsync(name, draft);
    }

    /// <summary>Loads the configuration that would be in force with a version of a campaign, whatever its dates.</summary>
    /// <exception cref="SettingsException">It is not valid.</exception>
    public Task<CartRecoveryConfig> LoadAsync(string name, CampaignDraft draft) => Settings!.LoadAsync(() => Compose(Fitting(With(name, draft), name), database.Time.GetUtcNow(), anyTime: name));

    /// <summary>Changes the version in force, in the engine and in the database: both or neither.</summary>
    /// <param name="name">The campaign.</param>
    /// <param name="draft">The version to put into force; <see langword="null"/> for none.</param>
    /// <param name="record">Stores the change.</param>
    /// <exception cref="SettingsException">The version is not valid any more. Nothing has changed.</exception>
    /// <exception cref="ControlRefusalException">The change is rejected. Nothing has changed.</exception>
    public async Task ChangeAsync(string name, CampaignDraft? draft, Func<Task> record)
    {
        if (draft is not null)
        {
            // A campaign that starts later must be valid now as well.
            await CheckAsync(name, draft);
        }

        var (active, next) = (Volatile.Read(ref _active), "");
        await Settings!.ReloadAsync(() =>
        {
            active = With(name, draft);
            next = Compose(active, database.Time.GetUtcNow());
            return Compose(Fitting(active, name), database.Time.GetUtcNow());
        }, () => Record(next, active, record));
        var left = Unfit.Where(unfit => unfit.Key != name).ToDictionary(StringComparer.Ordinal);
        SetInForce(next, left);
        if (left.Count > 0)
        {
            // What this one took from others, they may have now.
            Settings.RequestReload();
        }

        RequestIfChanged();
    }

    /// <summary>Returns the campaigns that are in force at a time, as JSON.</summary>
    /// <param name="active">The campaigns with an active version.</param>
    /// <param name="now">The current time.</param>
    /// <param name="anyTime">A campaign to include whatever its dates.</param>
    public static string Compose(IReadOnlyList<(string Name, CampaignDraft Draft)> active, DateTimeOffset now, string? anyTime = null)
    {
        var all = new JsonObject();
        foreach (var (name, draft) in active.Where(campaign => campaign.Name == anyTime || campaign.Draft.IsOn(now)))
        {
            var campaign = JsonNode.Parse(draft.Definition)!.AsObject();
            campaign["stores"] = new JsonArray([.. draft.Stores.Select(store => (JsonNode)store)]);
            all[name] = campaign;
        }

        return all.ToJsonString();
    }

    // Each of its stores must have the segment; of all stores, one.
    void CheckSegment(string name, CampaignDraft draft)
    {
        if (SegmentDefinition.Kind.NamesIn(draft.Definition).FirstOrDefault() is not { } segment)
        {
            return;
        }

        string[] stores = [.. draft.Stores.Count > 0 ? draft.Stores : Config().Stores.Select(store => store.Id)];
        string[] missing = [.. stores.Where(store => Segments.Find(store, segment) is null)];
        if (missing.Length > 0 && (draft.Stores.Count > 0 || missing.Length == stores.Length))
        {
            var problem = $"settings: decisions.campaigns.{name}.segment: error: the store '{missing[0]}' has no segment '{segment}': make it with POST /v1/segments";
            throw new SettingsException(SettingsException.Invalid, problem) { Problems = [problem] };
        }
    }

    async Task CheckTemplatesAsync(string name, CampaignDraft draft)
    {
        if (!TemplateDefinition.Kind.NamesIn(draft.Definition).Any())
        {
            return;
        }

        var config = await LoadAsync(name, draft);
        if (config.Decisions.Campaigns.Find(campaign => campaign.Name == name) is { } checking && TemplateProblem(checking, config) is { } found)
        {
            var problem = $"settings: decisions.campaigns.{name}.template: error: {found}";
            throw new SettingsException(SettingsException.Invalid, problem) { Problems = [problem] };
        }
    }

    // Runs inside the reload, which blocks, as the last step that can fail.
    void Record(string next, IReadOnlyList<(string Name, CampaignDraft Draft)> active, Func<Task> record)
    {
        Volatile.Write(ref _own, next);
        try
        {
            record().GetAwaiter().GetResult();
            Volatile.Write(ref _active, active);
        }
        finally
        {
            Volatile.Write(ref _own, "");
        }
    }

    // Those that are set aside must not keep others from changing; one that changes is tried.
    List<(string Name, CampaignDraft Draft)> Fitting(IEnumerable<(string Name, CampaignDraft Draft)> active, string? changes = null)
    {
        var unfit = Unfit;
        return [.. active.Where(campaign => campaign.Name == changes || !unfit.ContainsKey(campaign.Name))];
    }

    List<(string Name, CampaignDraft Draft)> With(string name, CampaignDraft? draft)
    {
        List<(string Name, CampaignDraft Draft)> all = [.. Volatile.Read(ref _active)];
        var index = all.FindIndex(active => active.Name == name);
        if (draft is null)
        {
            all.RemoveAll(active => active.Name == name);
        }
        else if (index >= 0)
        {
            all[index] = (name, draft);
        }
        else
        {
            all.Add((name, draft));
        }

        return all;
    }
}
