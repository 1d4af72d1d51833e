using CartRecovery.Engine.Configuration.Campaigns;
using CartRecovery.Engine.ControlPlane.Audit;
using CartRecovery.Engine.ControlPlane.Database;
using CartRecovery.Engine.ControlPlane.Definitions;
using CartRecovery.Engine.ControlPlane.Flags;
using CartRecovery.Engine.ControlPlane.Keys;
using CartRecovery.Engine.ControlPlane.Reconciliations;
using CartRecovery.Engine.ControlPlane.Segments;
using CartRecovery.Engine.ControlPlane.Usage;
using CartRecovery.Engine.ControlPlane.Users;
using CartRecovery.Host.Backtests;
using CartRecovery.Host.Settings;
using CartRecovery.Engine.Journeys.Experiments;
using CartRecovery.Host.Data;
using CartRecovery.Host.Exports;
using CartRecovery.Host.Learning;

namespace CartRecovery.Host.Composition;

/// <content>The control plane.</content>
sealed partial class EngineHost
{
    readonly ApiKeyDirectory _apiKeys;

    /// <summary>The feature flags.</summary>
    public FlagDirectory Flags { get; }

    /// <summary>Counts the usage of stores and keys against their quotas.</summary>
    public UsageLedger Usage { get; }

    /// <summary>Records which subjects are in which variants of experiments.</summary>
    public ExposureLog Exposures { get; }

    /// <summary>The control plane's database. Open once the engine has started.</summary>
    public ControlDatabase Control { get; }

    /// <summary>The campaigns that the API manages.</summary>
    public LiveCampaigns Campaigns { get; }

    /// <summary>Tries campaigns on the journal.</summary>
    public CampaignBacktests Backtests => field ??= new CampaignBacktests(this, _data);

    /// <summary>Makes data sets from the journal.</summary>
    public JournalDatasets Datasets => field ??= new JournalDatasets(this, _data);

    /// <summary>Trains models.</summary>
    public Retraining Retraining => field ??= new Retraining(this, Insights, _log);

    /// <summary>Evaluates shadows.</summary>
    public ShadowWatch Shadows => field ??= new ShadowWatch(this, Insights, _log);

    /// <summary>Watches for drift.</summary>
    public DriftWatch Drift => field ??= new DriftWatch(this, Insights, _log);

    /// <summary>The settings that the API changes.</summary>
    public LiveSettings Settings { get; }

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, string> UnfitCampaigns => Campaigns.Unfit;

    /// <inheritdoc/>
    public (string? Problem, long Version) SettingsState => (Settings.Problem, Settings.InForce);

    (DefinitionDirectory<SegmentDefinition> Segments, LiveSettings Settings, LiveCampaigns Campaigns) FollowSettings(SettingsStart start)
    {
        var segments = Follow(SegmentDefinition.Kind);
        var campaigns = new LiveCampaigns(Control)
        {
            Config = () => Config,
            Segments = segments,
            TemplateProblem = (campaign, config) => TemplateFit.ProblemIn(campaign, config, Templates.Find, SinkCatalog.AddressesOf(config)),
        };
        campaigns.SetInForce(start.Campaigns, start.Unfit);
        campaigns.Settings = new LiveSettings(Control, start, _log) { Campaigns = campaigns };
        campaigns.Settings.Follow();
        campaigns.Follow();
        return (segments, campaigns.Settings, campaigns);
    }

    /// <summary>The users and their tokens.</summary>
    public AccessDirectory Users { get; }

    /// <summary>Records the actions of requests and reloads.</summary>
    public AuditRecorder Audit { get; }

    /// <summary>The services that erase people.</summary>
    public PrivacyServices Privacy { get; }

    /// <summary>What exports read.</summary>
    public ExportServices Exports { get; }

    /// <summary>The identity provider and the trusted issuers.</summary>
    public Federation Federation { get; }

    async Task StartControlAsync()
    {
        await ControlSetup.OpenAsync(Control);
        await ControlSetup.StartAsync(Control);
        await StartPrivacyAsync();
        Exports.KeepJournals();
        ApplyDefinitions();
        await Usage.StartAsync();
        await Witness.StartAsync();
        _apiKeys.Start();
        await StartModelsAsync();
    }

    async Task StartPrivacyAsync()
    {
        try
        {
            await Privacy.RegisterAsync(_data.Path);
            await new ReconciliationStore(Control).SealAllAsync();
        }
        catch (ControlDatabaseException e)
        {
            throw new DataFolderException(e.Code, e.Message);
        }
    }

    async Task DisposeControlAsync()
    {
        await Alerting.DisposeAsync();
        await Settings.DisposeAsync();
        await Witness.DisposeAsync();
        await _apiKeys.DisposeAsync();
        await Usage.DisposeAsync();
        await Control.DisposeAsync();
        Federation.Dispose();
    }
}
