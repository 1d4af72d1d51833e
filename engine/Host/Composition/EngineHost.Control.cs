using CartRecovery.Engine.ControlPlane.Audit;
using CartRecovery.Engine.ControlPlane.Database;
using CartRecovery.Engine.ControlPlane.Flags;
using CartRecovery.Engine.ControlPlane.Keys;
using CartRecovery.Engine.ControlPlane.Users;
using CartRecovery.Host.Settings;

namespace CartRecovery.Host.Composition;

/// <content>The control plane.</content>
sealed partial class EngineHost
{
    readonly ApiKeyDirectory _apiKeys;

    /// <summary>The feature flags.</summary>
    public FlagDirectory Flags { get; }

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
}
