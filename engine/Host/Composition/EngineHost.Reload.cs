using System.Text;
using CartRecovery.Contracts;
using CartRecovery.Engine.Configuration;
using CartRecovery.Engine.Configuration.Campaigns;
using CartRecovery.Engine.Configuration.Settings;
using CartRecovery.Engine.Configuration.Stores;
using CartRecovery.Engine.ControlPlane.Stores;
using CartRecovery.Engine.Decisions;
using CartRecovery.Engine.Journeys;
using CartRecovery.Engine.Scoring.Onnx;
using CartRecovery.Engine.Scoring.Serving;
using CartRecovery.Engine.State;
using CartRecovery.Host.Api.Access.Certificates;
using CartRecovery.Host.Commands.Setup;
using CartRecovery.Host.Composition.Listening;

namespace CartRecovery.Host.Composition;

/// <content>Applies a reloaded configuration.</content>
sealed partial class EngineHost
{
    static readonly TimeSpan s_sinkDrain = TimeSpan.FromSeconds(10);

    const string ModelKey = "scoring.model", NamedModelsKey = "scoring.models.";

    IReadOnlyList<ConfigValue> _inForce;

    // Held while the configuration in force is replaced: by a reload, a pause or new exchange rates.
    readonly Lock _applying = new();

    /// <summary>The campaigns that the API has paused.</summary>
    public CampaignPauses Pauses { get; }

    public ExchangeRatesFeed Rates { get; }

    /// <inheritdoc/>
    public (bool IsConfigured, string? Problem) RatesState => Rates.State;

    /// <summary>The certificates of the ports.</summary>
    public TlsCertificates Certificates { get; }

    /// <summary>Reloads the configuration when its file changes. Call after the start.</summary>
    public void Watch(string path, Func<string, SettingsOverlay, (CartRecoveryConfig? Config, IReadOnlyList<ConfigProblem> Problems)> load)
    {
        _reload = new ConfigReload(this, path, load, Time, _log);
        WriteRunning();
        Settings.Start(_reload);
    }

    /// <summary>Requests a reload. Call after <see cref="Watch"/>.</summary>
    public void RequestReload() => _reload?.Request();

    /// <inheritdoc/>
    public string? ReloadProblem => _reload?.Problem;

    /// <inheritdoc/>
    public IReadOnlyList<string> NeedsRestart => _reload?.NeedsRestart ?? [];

    /// <summary>
    /// Applies a configuration, except for keys that require a restart. Creates everything that can fail first, then records the stores'
    /// numbers, then replaces the configuration.
    /// </summary>
    /// <param name="next">A valid configuration. It comes into force, with the present values of keys that require a restart.</param>
    /// <param name="record">Stores the change, after everything that can fail was created. If it throws, nothing changes.</param>
    /// <returns>The changed keys that are now in force, and those that require a restart.</returns>
    /// <exception cref="Exception">A part cannot be created, or the engine is stopping. Nothing has changed.</exception>
    public (IReadOnlyList<string> Applied, IReadOnlyList<string> NeedsRestart) Apply(CartRecoveryConfig next, Action? record = null)
    {
        using var reload = Prepare(next);
        lock (_applying)
        {
            if (_stopped)
            {
                throw new InvalidOperationException("the engine is stopping");
            }

            var rates = Rates.Prepare(next.Decisions.ExchangeRatesSource);
            reload.Serving = PlanOf(reload);
            var options = JourneyOptionsOf(next.Decisions, next.Contact, reload.Stores, rates, reload.Serving);
            var addresses = SinkCatalog.AddressesOf(next);
            _numbering.Save(reload.Registry, next.Decisions);
            record?.Invoke();
            if (reload.NewModel is { } model && Register(model, next.ModelPath) is var champion && champion != model)
            {
                reload.NewModel = champion;
                reload.Serving = PlanOf(reload);
                options = JourneyOptionsOf(next.Decisions, next.Contact, reload.Stores, rates, reload.Serving);
            }

            Commit(reload, options, addresses);
            TryFollowServing();
            Rates.Update(rates);
            WriteRunning();
            _ = RecordMovesAsync();
        }

        _ = SyncJobsAsync();
        return (reload.Applied, reload.NeedsRestart);
    }

    ServingPlan PlanOf(PreparedReload reload) =>
        Serving.With(reload.NewModel is { } model ? ServedAs(model, ServingPlan.ChampionAlias) : null, reload.NewNamed);

    /// <summary>Creates and discards everything that a configuration needs: a dry run of <see cref="Apply"/>.</summary>
    /// <param name="next">A valid configuration. It receives the present values of keys that require a restart.</param>
    /// <exception cref="Exception">A part cannot be created.</exception>
    public void Try(CartRecoveryConfig next)
    {
        using var reload = Prepare(next);
        JourneyOptionsOf(next.Decisions, next.Contact, reload.Stores, Rates.Prepare(next.Decisions.ExchangeRatesSource));
    }

    PreparedReload Prepare(CartRecoveryConfig next)
    {
        var wanted = ValuesOf(next);
        ConfigValues.KeepUntilRestart(Config, next);
        var budget = new MemoryBudget(next, _budget.Available, Partitions.Count);
        if (!budget.Fits)
        {
            throw new InvalidOperationException(ConfigInspection.DoesNotFit(next, budget).ToString());
        }

        var values = ValuesOf(next);
        var (applied, _) = ConfigValues.Compare(_inForce, values);
        var (_, needsRestart) = ConfigValues.Compare(_inForce, wanted);
        var (registry, stores) = _numbering.Prepare(next);
        var reload = new PreparedReload(next, values, applied, needsRestart, registry, stores);
        try
        {
            reload.Certificates = Certificates.Load(next);
            reload.NewModel = applied.Contains(ModelKey) ? OnnxModel.Load(next.ModelPath, FeatureTable.Names) : null;
            reload.NewNamed = applied.Any(key => key.StartsWith(NamedModelsKey, StringComparison.Ordinal)) ? NamedModels.Load(next, (model, name) => ServedAs(model, name)) : null;
            foreach (var sink in SinkCatalog.Of(next))
            {
                var kept = applied.Contains($"sinks.{sink.Item1}") ? null : Sinks.Runners.FirstOrDefault(runner => runner.Name == sink.Item1);
                reload.Add(kept ?? Sinks.Create(sink), isNew: kept is null);
            }

            return reload;
        }
        catch
        {
            reload.Dispose();
            throw;
        }
    }

    // Must not fail: everything that can fail was created before.
    void Commit(PreparedReload reload, JourneyOptions options, IReadOnlyDictionary<string, AddressKind> addresses)
    {
        var next = reload.Config;
        reload.IsCommitted = true;
        Config = next;
        _inForce = reload.Values;
        _levels.Minimum = next.Log.Level;
        Certificates.Update(reload.Certificates!);
        Federation.Update(next);
        _numbering.Update(reload.Stores);
        _stages.Journal?.Stores.SetStores(Stores.All);
        ConnectionLimiter.SetStores(Stores.All);
        Ingest.TcpKey = next.Listen.TcpKey is { } key ? Stores.FindConfiguredKey(key) : null;
        IngestSetup.Update(Ingest, next.Limits);
        if (reload.Serving is { } plan && plan != Serving)
        {
            Serve(plan);
        }

        foreach (var former in Sinks.Runners.Where(former => !reload.Sinks.Any(sink => sink.Name == former.Name)))
        {
            Metrics.Forget(former);
        }

        foreach (var sink in reload.NewSinks)
        {
            Metrics.Measure(sink);
        }

        _ports.Update(addresses);
        _ = Sinks.Replace(reload.Sinks, s_sinkDrain);
        Update(options);
        WarnOfDefinitions();
        Connections.CloseRevoked();
    }

    ClientCertificates ClientsOf(string port) => new(port, Stores, AccessRejections, Time) { OnUnlisted = LogUnlisted };

    // Called after a pause, or with new exchange rates.
    void ApplyCampaigns()
    {
        lock (_applying)
        {
            Update(JourneyOptionsOf(Config.Decisions, Config.Contact, Stores));
        }
    }

    /// <summary>Returns the numbers by which records name campaigns, new ones included.</summary>
    public CampaignNumbers NumbersOf(DecisionsConfig decisions) => _numbering.Campaigns.Of(decisions);

    JourneyOptions JourneyOptionsOf(
        DecisionsConfig configured, ContactConfig contact, StoreDirectory stores, ExchangeRatesFeed.Prepared? rates = null, ServingPlan? serving = null)
    {
        serving ??= Serving;
        var decisions = ResolveTemplates(Rates.AddTo(Pauses?.AddTo(configured) ?? configured, rates), stores.Stores);

        // One snapshot for both: the journal must say which segments the campaigns use.
        var segments = Segments.Present;
        var numbers = _numbering.Campaigns.Of(configured);
        var record = ConfigurationRecord.Write(decisions, contact, stores.Stores, segments, serving.Record, numbers);
        return new(contact, CampaignCompiler.Compile(decisions, stores.All, record, segments, serving, numbers), stores.All,
            contact.Secret is { } secret ? Encoding.UTF8.GetBytes(secret) : _data.Secret())
        { Usage = Usage };
    }

    void Update(JourneyOptions options)
    {
        JourneyOptions = options;
        JourneyEngine.Options = options;
        _stages.Campaigns = options.Campaigns;
    }

    /// <summary>Returns the values of a configuration. The models' values have a hash of their files.</summary>
    public static List<ConfigValue> ValuesOf(CartRecoveryConfig config) =>
    [
        .. ConfigValues.Of(config).Select(value => ModelFileOf(config, value.Path) is { } file && ModelFile.HashOf(file) is { } hash
            ? value with { Text = $"{value.Text} {hash}" } : value),
    ];

    static string? ModelFileOf(CartRecoveryConfig config, string path) => path == ModelKey ? config.ModelPath
        : path.StartsWith(NamedModelsKey, StringComparison.Ordinal) ? config.PathOfModel(path[NamedModelsKey.Length..]) : null;

    // A failure, such as a full disk, must not reject a configuration: only check --against-running reads the file.
    void WriteRunning()
    {
        try
        {
            RunningConfig.Write(_data.Path, _data.Secret(), _inForce);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            LogRunningNotWritten(e.Message);
        }
    }

    void DeleteRunning()
    {
        try
        {
            RunningConfig.Delete(_data.Path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Without an engine that holds the folder's lock, the file is ignored.
            LogRunningNotWritten(e.Message);
        }
    }
}
