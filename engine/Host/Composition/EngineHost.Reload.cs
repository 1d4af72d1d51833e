using System.Security.Cryptography;
using System.Text;
using CartRecovery.Engine.Configuration;
using CartRecovery.Engine.Configuration.Campaigns;
using CartRecovery.Engine.ControlPlane.Stores;
using CartRecovery.Engine.Delivery;
using CartRecovery.Engine.Journeys;
using CartRecovery.Engine.Scoring.Onnx;
using CartRecovery.Engine.State;
using CartRecovery.Host.Commands.Setup;
using CartRecovery.Host.Composition.Listening;

namespace CartRecovery.Host.Composition;

/// <content>What a reload of the configuration changes.</content>
sealed partial class EngineHost
{
    static readonly TimeSpan s_sinkDrain = TimeSpan.FromSeconds(10);

    const string ModelKey = "scoring.model";

    IReadOnlyList<ConfigValue> _inForce;
    readonly Lock _applying = new();
    OnnxModel? _retired;

    /// <summary>The certificates of the ports.</summary>
    public TlsCertificates Certificates { get; } = new();

    /// <summary>Reloads the configuration when its file changes. Call after the start.</summary>
    public void Watch(string path, Func<string, (CartRecoveryConfig? Config, IReadOnlyList<string> Problems)> load)
    {
        _reload = new ConfigReload(this, path, load, Time, _log);
        WriteRunning();
    }

    /// <summary>Reloads the configuration soon. Call after <see cref="Watch"/>.</summary>
    public void RequestReload() => _reload?.Request();

    /// <inheritdoc/>
    public string? ReloadProblem => _reload?.Problem;

    /// <inheritdoc/>
    public IReadOnlyList<string> NeedsRestart => _reload?.NeedsRestart ?? [];

    /// <summary>
    /// Takes over what a running engine can of a configuration. First everything is made that can fail, then it is put in force: stores and
    /// keys, the model, sinks, and at last the campaigns that refer to them.
    /// </summary>
    /// <param name="next">A valid configuration. It becomes the one in force, with the present values of keys that need a restart.</param>
    /// <returns>The changed keys that are in force now, and those that need a restart.</returns>
    /// <exception cref="Exception">A part cannot be made: nothing has changed.</exception>
    public (IReadOnlyList<string> Applied, IReadOnlyList<string> NeedsRestart) Apply(CartRecoveryConfig next)
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
        var certificates = TlsCertificates.Load(next);
        var numbering = _numbering.Prepare(next);
        var model = applied.Contains(ModelKey) ? OnnxModel.Load(next.ModelPath, FeatureTable.Names) : Model;
        var sinks = RunnersOf(next, applied);

        lock (_applying)
        {
            Config = next;
            _inForce = values;
            _levels.Minimum = next.Log.Level;
            Certificates.Use(certificates);
            ApplyStores(numbering, next);
            IngestSetup.Apply(next.Limits, Ingest);
            ApplyModel(model);
            _ports.Use(SinkCatalog.AddressesOf(next));
            _ = Sinks.Replace(sinks, s_sinkDrain);
            Rates.Use(next.Decisions.ExchangeRatesSource);
            ApplyCampaigns();
        }

        WriteRunning();
        return (applied, needsRestart);
    }

    // A reload and a pause may come together.
    void ApplyCampaigns()
    {
        lock (_applying)
        {
            JourneyOptions = JourneyOptionsOf(Config.Decisions, Config.Contact);
            JourneyEngine.Options = JourneyOptions;
            _stages.Campaigns = JourneyOptions.Campaigns;
        }
    }

    JourneyOptions JourneyOptionsOf(DecisionsConfig configured, ContactConfig contact)
    {
        var decisions = Rates.AddTo(Pauses?.AddTo(configured) ?? configured);
        return new(contact, CampaignCompiler.Compile(decisions, Stores.All, ConfigurationRecord.Write(decisions, contact, Stores.Stores)),
            Stores.All,
            contact.Secret is { } secret ? Encoding.UTF8.GetBytes(secret) : _data.Secret());
    }

    void ApplyStores((StoreRegistry Registry, StoreDirectory Directory) numbering, CartRecoveryConfig next)
    {
        _numbering.Adopt(numbering.Registry, numbering.Directory);
        _stages.Journal?.Stores.SetStores(Stores.All);
        ConnectionLimiter.SetStores(Stores.All);
        Ingest.TcpKey = next.Listen.TcpKey is { } key ? Stores.FindConfiguredKey(key) : null;
        Connections.CloseRevoked();
    }

    // Partitions take the model with the campaigns. The scorers that they still have of the former one outlive it.
    void ApplyModel(OnnxModel model)
    {
        if (model == Model)
        {
            return;
        }

        Metrics.OnModelChange(Model.Id);
        _retired?.Dispose();
        _retired = Model;
        Model = model;
        _stages.Model = model;
    }

    List<SinkRunner> RunnersOf(CartRecoveryConfig next, IReadOnlyList<string> changed)
    {
        var runners = new List<SinkRunner>();
        foreach (var sink in SinkCatalog.Of(next))
        {
            var kept = changed.Contains($"sinks.{sink.Item1}") ? null : Sinks.Runners.FirstOrDefault(runner => runner.Name == sink.Item1);
            runners.Add(kept ?? Sinks.Create(sink));
            if (kept is null)
            {
                Metrics.Measure(runners[^1]);
            }
        }

        return runners;
    }

    /// <summary>Returns the values of a configuration; that of the model stands for its file.</summary>
    public static List<ConfigValue> ValuesOf(CartRecoveryConfig config) =>
    [
        .. ConfigValues.Of(config).Select(value => value.Path == ModelKey && File.Exists(config.ModelPath)
            ? value with { Text = $"{value.Text} {Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(config.ModelPath)))}" } : value),
    ];

    void WriteRunning() => RunningConfig.Write(_data.Path, _data.Secret(), _inForce);
}
