using CartRecovery.Engine.ControlPlane.Audit;
using CartRecovery.Engine.ControlPlane.Database;
using CartRecovery.Engine.ControlPlane.Flags;
using CartRecovery.Engine.ControlPlane.Keys;
using CartRecovery.Engine.ControlPlane.Usage;
using CartRecovery.Engine.ControlPlane.Users;
using CartRecovery.Host.Settings;
using CartRecovery.Engine.Journeys.Experiments;
using CartRecovery.Host.Data;

namespace CartRecovery.Host.Composition;

/// <content>The control plane.</content>
sealed partial class EngineHost
{
    readonly ApiKeyDirectory _apiKeys;

    /// <summary>The feature flags.</summary>
    public FlagDirectory Flags { get; }

    /// <summary>What stores and keys use of their quotas.</summary>
    public UsageLedger Usage { get; }

    /// <summary>Who is in which variant of an experiment.</summary>
    public ExposureLog Exposures { get; }

    /// <summary>The control plane's database. Open after the start.</summary>
    public ControlDatabase Control { get; }

    /// <summary>The campaigns of the API.</summary>
    public LiveCampaigns Campaigns { get; }

    /// <summary>The settings, which the API changes.</summary>
    public LiveSettings Settings { get; }

    /// <inheritdoc/>
    public (string? Problem, long Version) SettingsState => (Settings.Problem, Settings.InForce);

    (LiveSettings Settings, LiveCampaigns Campaigns) FollowSettings(SettingsStart start)
    {
        var campaigns = new LiveCampaigns(Control) { Config = () => Config };
        campaigns.SetInForce(start.Campaigns);
        campaigns.Settings = new LiveSettings(Control, start, _log) { Campaigns = campaigns };
        campaigns.Settings.Follow();
        campaigns.Follow();
        return (campaigns.Settings, campaigns);
    }

    /// <summary>The users and their tokens.</summary>
    public AccessDirectory Users { get; }

    /// <summary>Records what requests and reloads did.</summary>
    public AuditRecorder Audit { get; }

    /// <summary>What forgets people.</summary>
    public PrivacyServices Privacy { get; }

    /// <summary>Who else may vouch for callers.</summary>
    public Federation Federation { get; }

    async Task StartControlAsync()
    {
        await ControlSetup.OpenAsync(Control);
        await ControlSetup.StartAsync(Control);
        await Usage.StartAsync();
        await Witness.StartAsync();
        _apiKeys.Start();
    }
}
