using System.Text.Json.Nodes;
using CartRecovery.Engine.Configuration;
using CartRecovery.Engine.Configuration.Settings;
using CartRecovery.Engine.ControlPlane;
using CartRecovery.Engine.ControlPlane.Campaigns;
using CartRecovery.Engine.ControlPlane.Database;

namespace CartRecovery.Host.Settings;

/// <summary>
/// The campaigns of the API in a running engine: checks them with the file and the settings, and puts them into force between their dates, by the machinery that reloads
/// the configuration. Any thread.
/// </summary>
/// <param name="database">The control database.</param>
sealed class LiveCampaigns(ControlDatabase database)
{
    IReadOnlyList<(string Name, CampaignDraft Draft)> _active = [];
    string _requested = "{}", _own = "";

    /// <summary>Returns the configuration in force.</summary>
    public required Func<CartRecoveryConfig> Config { get; init; }

    /// <summary>Whether another person must approve a campaign.</summary>
    public bool NeedsApproval => Config().Settings.Approval == ApprovalRule.Required;

    /// <summary>The campaigns and their versions.</summary>
    public CampaignStore Store { get; } = new(database);

    /// <summary>The settings that lie under the campaigns. Set before the start.</summary>
    public LiveSettings? Settings { get; set; }

    /// <summary>What is in force, as <see cref="Compose()"/> writes it.</summary>
    public string InForce { get; private set; } = "{}";

    /// <summary>Follows the campaigns, from the start of the database on.</summary>
    public void Follow() => database.Changes.Follow(CampaignStore.Topic, async cancellation =>
    {
        Volatile.Write(ref _active, await Store.ActiveAsync(cancellation));
        RequestIfChanged();
    });

    /// <summary>Writes what should be in force now: a JSON object with a campaign by each name.</summary>
    public string Compose() => Compose(Volatile.Read(ref _active), database.Time.GetUtcNow());

    /// <summary>Notes what is in force.</summary>
    public void SetInForce(string campaigns) => (InForce, _requested) = (campaigns, campaigns);

    /// <summary>Reloads if a campaign begins or ends, or another engine changed one. What could not be put into force is not tried again until it changes.</summary>
    public void RequestIfChanged()
    {
        var now = Compose();
        if (now != InForce && now != Volatile.Read(ref _requested) && now != Volatile.Read(ref _own) && Settings is { IsStarted: true } settings)
        {
            Volatile.Write(ref _requested, now);
            settings.RequestReload();
        }
    }

    /// <summary>Checks a campaign with all that is in force, without a change.</summary>
    /// <exception cref="SettingsException">It is not valid.</exception>
    public Task CheckAsync(string name, CampaignDraft draft) => Settings!.ReloadAsync(() => Compose(With(name, draft), database.Time.GetUtcNow(), anyTime: name), record: null);

    /// <summary>Takes a step that puts a version into force or out of it, in force and in the database: both or none.</summary>
    /// <param name="name">The campaign.</param>
    /// <param name="draft">What comes into force; <see langword="null"/> for nothing.</param>
    /// <param name="record">Stores it.</param>
    /// <exception cref="SettingsException">It is not valid any more. Nothing has changed.</exception>
    /// <exception cref="ControlRefusalException">It is refused. Nothing has changed.</exception>
    public async Task ChangeAsync(string name, CampaignDraft? draft, Func<Task> record)
    {
        if (draft is not null)
        {
            // Also one that begins later must be valid now.
            await CheckAsync(name, draft);
        }

        var (active, next) = (Volatile.Read(ref _active), "");
        await Settings!.ReloadAsync(() =>
        {
            active = With(name, draft);
            return next = Compose(active, database.Time.GetUtcNow());
        }, () => Record(next, active, record));
        SetInForce(next);
        RequestIfChanged();
    }

    /// <summary>Writes the campaigns that are on at a time.</summary>
    /// <param name="active">The campaigns with an active version.</param>
    /// <param name="now">The time.</param>
    /// <param name="anyTime">A campaign that is written whatever its dates.</param>
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

    // Within the reload, which blocks: nothing after it fails.
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
