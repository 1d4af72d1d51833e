using CartRecovery.Contracts;
using CartRecovery.Engine.Configuration;
using CartRecovery.Engine.ControlPlane.Audit;
using CartRecovery.Engine.ControlPlane.Flags;
using CartRecovery.Engine.ControlPlane.Keys;
using CartRecovery.Engine.ControlPlane.Stores;
using CartRecovery.Engine.ControlPlane.Usage;
using CartRecovery.Engine.ControlPlane.Users;
using CartRecovery.Engine.Delivery;
using CartRecovery.Engine.Journeys.Experiments;
using CartRecovery.Engine.Encryption;
using CartRecovery.Engine.Ingest;
using CartRecovery.Engine.Ingest.Access;
using CartRecovery.Engine.Ingest.Connections;
using CartRecovery.Engine.Ingest.DeadLetters;
using CartRecovery.Engine.Ingest.Limits;
using CartRecovery.Engine.Journal;
using CartRecovery.Engine.Journeys;
using CartRecovery.Engine.Journeys.Reports;
using CartRecovery.Engine.Migration;
using CartRecovery.Engine.Pipeline;
using CartRecovery.Engine.Pipeline.Recovery;
using CartRecovery.Engine.Privacy;
using CartRecovery.Engine.Scoring;
using CartRecovery.Engine.Scoring.Onnx;
using CartRecovery.Engine.Scoring.Serving;
using CartRecovery.Engine.State;
using CartRecovery.Engine.Telemetry;
using CartRecovery.Host.Api;
using CartRecovery.Host.Api.DeadLetters;
using CartRecovery.Host.Composition.Listening;
using CartRecovery.Host.Composition.Telemetry;
using CartRecovery.Host.Data;
using CartRecovery.Host.Exports;
using CartRecovery.Host.Logs;
using CartRecovery.Host.Settings;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace CartRecovery.Host.Composition;

/// <summary>
/// The composition root: creates the engine's parts from the configuration and owns their start, stop and disposal.
/// </summary>
sealed partial class EngineHost : IAsyncDisposable, IJourneyOptionsProvider, IEngineState
{
    static readonly TimeSpan s_drain = TimeSpan.FromSeconds(10);

    readonly WebApplication _app;
    readonly ILoggerFactory _loggers;
    readonly ILogger _log;
    readonly DataFolder _data;
    readonly KeyVault? _keys;
    readonly FolderNumbering _numbering;
    readonly JourneyPorts _ports;
    readonly PipelineOptions _stages;
    readonly OtlpExport? _otlp;
    readonly LogLevels _levels = new();
    readonly MemoryBudget _budget;
    readonly MoneyMetrics _money;
    ConfigReload? _reload;

    // True while the workers are not running.
    bool _stopped = true;

    /// <summary>Creates all parts without starting them.</summary>
    /// <param name="config">A valid configuration.</param>
    /// <param name="budget">A memory plan within its limit.</param>
    /// <param name="time">The clock.</param>
    /// <param name="onTakeover">Receives the progress of migrating a data folder of an earlier version.</param>
    /// <param name="settings">The settings and campaigns of the API that <paramref name="config"/> contains, or why it does not contain
    /// them.</param>
    /// <exception cref="ModelException">The model or ONNX Runtime cannot be loaded.</exception>
    /// <exception cref="SinkConfigurationException">A sink's options are invalid.</exception>
    /// <exception cref="DataFolderException">The data folder is unwritable, locked by another engine, or does not match the
    /// configuration.</exception>
    /// <exception cref="JournalException">A folder of an earlier version cannot be recovered.</exception>
    public EngineHost(CartRecoveryConfig config, MemoryBudget budget, TimeProvider time, Action<RepartitionProgress>? onTakeover = null, SettingsStart? settings = null)
    {
        Config = config;
        _budget = budget;
        _levels.Minimum = config.Log.Level;
        _inForce = ValuesOf(config);
        Time = time;
        LogFiles = new LogFiles(config.Log.Files);
        var otlp = OtlpSettings.Of(config.Telemetry.Otlp, Environment.GetEnvironmentVariable);
        _loggers = LoggerFactory.Create(logs => EngineLogs.Configure(logs, _levels, config.Log.Format, otlp, LogFiles));
        _log = _loggers.CreateLogger("CartRecovery");
        OtlpSettings.Check(config.Telemetry.Otlp, Environment.GetEnvironmentVariable, _log);
        Model = OnnxModel.Load(config.ModelPath, FeatureTable.Names);
        Serving = new ServingPlan(ServedAs(Model, ServingPlan.ChampionAlias), named: NamedModels.Load(config, (model, name) => ServedAs(model, name)));
        Counters = new IngestCounters();
        AccessRejections = new AccessRejections(time, _loggers.CreateLogger("CartRecovery.Engine.Ingest.AccessRefusals"));
        Connections = new ConnectionRegistry(time, config.Listen.Heartbeat, config.Listen.IdleTimeout)
        { StateOf = key => Stores.StateOf(key) };
        Sinks = new SinkSet(SinkCatalog.Of(config), time, _loggers, RecordOutcome);
        _data = DataFolder.Open(config);
        Logs = BeginLog();
        FolderTakeover.Run(_data, config, budget, Serving, time, _log, onTakeover);
        (ModelRegistry, Model) = OpenModels(Model);
        _keys = FolderKeys.Open(_data, config);
        _data.DeleteArchives(time.GetUtcNow().UtcDateTime - config.Journal.Retention.Value);
        Control = ControlSetup.Of(config, _data.Files, _data.Secret(), time);
        Privacy = new PrivacyServices(Control, _data.Secret());
        Templates = FollowTemplates();
        (Segments, Settings, Campaigns) = FollowSettings(settings ?? SettingsStart.None);
        Users = new AccessDirectory(Control);
        Users.Follow();
        Federation = new Federation(config, time, subject => Control.Keys.Hash("jwt.subject", subject), _log);
        Audit = new AuditRecorder(Control);
        Witness = new AuditWitness(Control, Audit, _log);
        Jobs = MakeJobs();
        _numbering = new FolderNumbering(_data, config, _keys, _log);
        _apiKeys = new ApiKeyDirectory(Control, Stores) { OnChange = Connections.CloseRevoked };
        _apiKeys.Follow();
        Flags = new FlagDirectory(Control);
        Flags.Follow();
        Usage = new UsageLedger(Control, Stores) { OnLevel = LogUsage, OnFailure = e => LogUsageFailed($"{e.GetType().Name}: {e.Message}") };
        Certificates = new TlsCertificates(ClientsOf("http"), ClientsOf("stream"), time);
        ConnectionLimiter = IngestSetup.LimiterOf(config.Listen, Stores.All);
        _ports = new JourneyPorts(Connections, Sinks, SinkCatalog.AddressesOf(config)) { Stores = Stores };
        Rates = new ExchangeRatesFeed(_data.Path, time, _loggers.CreateLogger<ExchangeRatesFeed>(), ApplyCampaigns);
        Rates.Update(config.Decisions.ExchangeRatesSource);
        JourneyOptions = JourneyOptionsOf(config.Decisions, config.Contact, Stores);
        JourneyEngine = _data.Use(() => new JourneyEngine(_data.Files.Database, JourneyOptions, _ports, _keys) { LearnsBeside = true });
        Pauses = new CampaignPauses(JourneyEngine, ApplyCampaigns);
        JourneyEngine.Options = JourneyOptions = JourneyOptionsOf(config.Decisions, config.Contact, Stores);
        Journeys = new JourneyWorker(JourneyEngine, _ports, time)
        {
            OnFault = OnFault,
            OnLost = (partition, gap) => LogLost(partition, gap.From, gap.To),
        };
        Reports = new JourneyReports(JourneyEngine.Store.Database.Path);
        Exposures = new ExposureLog(JourneyEngine.Store, work => Journeys.InvokeAsync((journeys, _) => work(journeys.Store)), time);
        _ports.Worker = Pauses.Worker = Journeys;
        _stages = PipelineSetup.Of(config, Stores, budget, Serving, JourneyOptions.Campaigns, _data.Files.Stores, hasReaders: true,
            usesRecorded: true, config.Journal.Enabled ? PipelineSetup.JournalOf(config, Stores, _data.Files, _data.Format) : null, _keys, otlp?.TraceEvery);
        _shadows = new ShadowThread(() => Serving, time, e => LogShadowsEnded(e.Message));
        _stages.Returning = _ports.Returning;
        _data.EnsurePartitions(budget.Partitions);
        Partitions = _data.Use(() => new PartitionSet(budget.Partitions, _stages, time, config.Scoring.MaxAge));
        _ports.Partitions = Partitions;
        Erasure = new PartitionErasure(Partitions, () => Stores.All, () => FolderSwap.ArchivedJournals(_data.Path));
        for (var i = 0; i < Partitions.Count; i++)
        {
            Partitions[i].OnFault = OnFault;
        }

        DeadLetters = new DeadLetterStore(
            Path.Combine(_data.Path, "deadletters"), new DeadLetterBounds(config.DeadLetters.Size.Bytes, config.DeadLetters.Age), time,
            _keys);
        DeadLetterQueue = new DeadLetterQueue(DeadLetters, time, _loggers.CreateLogger<DeadLetterQueue>(),
            IngestSetup.Of(config.DeadLetters.Rate));
        Ingest = IngestSetup.Of(this, DeadLetterQueue);
        DeadLetterReplay = new DeadLetterReplay(Ingest, DeadLetters);
        Exports = new ExportServices(this, _data, _keys);
        Privacy.Attach(this, _data, new PersonJournal(Exports.Journals, _keys), _log);
        Metrics = new EngineMetrics(this);
        _money = new MoneyMetrics(this, Metrics.Registry, _loggers.CreateLogger<MoneyMetrics>());
        AttachMonitor();
        _otlp = otlp is null ? null : new OtlpExport(otlp, Metrics.Registry, time);
        _app = ApiServer.Build(this, _loggers, otlp, s_drain);
        Jobs.Services = _app.Services;
    }

    /// <summary>The configuration in force.</summary>
    public CartRecoveryConfig Config { get; private set; }

    public StoreDirectory Stores => _numbering.Stores;

    public IngestCounters Counters { get; }

    /// <summary>Counts and logs refused keys.</summary>
    public AccessRejections AccessRejections { get; }

    public ConnectionRegistry Connections { get; }

    public ConnectionLimiter ConnectionLimiter { get; }

    public IngestOptions Ingest { get; }

    public PartitionSet Partitions { get; }

    /// <summary>Erases people from the partitions.</summary>
    public PartitionErasure Erasure { get; }

    public SinkSet Sinks { get; }

    /// <summary>The campaigns and contact policy in force.</summary>
    public JourneyOptions JourneyOptions { get; private set; }

    public JourneyEngine JourneyEngine { get; }

    public JourneyWorker Journeys { get; }

    public JourneyReports Reports { get; }

    public TimeProvider Time { get; }

    public DeadLetterStore DeadLetters { get; }

    public DeadLetterQueue DeadLetterQueue { get; }

    public DeadLetterReplay DeadLetterReplay { get; }

    /// <summary>The HTTP port's routes; a command may add some before the start.</summary>
    public IEndpointRouteBuilder Routes => _app;

    /// <summary>Why a partition failed; <see langword="null"/> if none did.</summary>
    public Exception? Fault { get; private set; }

    /// <summary>The listening addresses: HTTP, streams and, if configured, operators. Available after the start.</summary>
    public IReadOnlyList<Uri> Addresses =>
        [.. _app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Select(a => new Uri(a))];

    /// <summary>Recovers the partitions' state, then starts the sinks, the journeys, the workers and the listeners.</summary>
    /// <param name="progress">Receives each partition's recovery progress.</param>
    /// <exception cref="JournalException">A journal cannot be recovered.</exception>
    /// <exception cref="IOException">A port is in use.</exception>
    public async Task StartAsync(Action<int, RecoveryProgress>? progress = null)
    {
        foreach (var (report, partition) in _data.Use(() => Partitions.Recover(progress)).Select((r, i) => (r, i)))
        {
            foreach (var warning in report.Warnings)
            {
                LogRecoveryWarning(warning);
            }

            LogRecovered(partition, report.Events, report.Took.TotalSeconds, report.Events / Math.Max(report.Took.TotalSeconds, 0.001));
        }

        _numbering.Save(Config.Decisions);
        Backtests.DeleteScratch();
        await StartControlAsync();
        Sinks.Start();
        Journeys.Start([.. Enumerable.Range(0, Partitions.Count).Select(i => Partitions[i].Tail)]);
        Partitions.Start();
        _shadows.Start();
        Exposures.Start();
        _stopped = false;
        DeadLetterQueue.Start();
        Privacy.Start();
        Ingest.Threads.Start();
        await _app.StartAsync();
        _app.Lifetime.ApplicationStopping.Register(Connections.CloseAll);
        StartMonitoring();
        Rates.Start();
        await Jobs.StartAsync();
        await ResumeBacktestsAsync();
        LogStarted(Partitions.Count, Partitions.Workers, Model.Id);
    }

    /// <summary>Waits for a signal to stop, or for a fault.</summary>
    public Task WaitForShutdownAsync() => _app.WaitForShutdownAsync();

    /// <summary>Stops listening, processes the accepted events, delivers their interventions, then stops the workers. Idempotent.</summary>
    public async Task StopAsync()
    {
        if (_stopped)
        {
            return;
        }

        // A reload that starts now applies nothing.
        lock (_applying)
        {
            _stopped = true;
        }

        if (_reload is not null)
        {
            await _reload.StopAsync(s_drain);
        }

        await Health.DisposeAsync();
        await Jobs.DisposeAsync();
        _money.Dispose();
        Rates.Dispose();
        await _app.StopAsync();
        await Privacy.DisposeAsync();
        await Exposures.DrainAsync();
        if (await FlushAsync(Partitions.FlushAsync) is { } problem)
        {
            LogNotFlushed(Partitions.JournalProblem ?? problem);
        }

        await DeadLetterQueue.StopAsync();
        var isBehind = await FlushAsync(Journeys.FlushAsync) is not null;
        await Sinks.DrainAsync(s_drain);
        if (!isBehind)
        {
            await FlushAsync(Journeys.FlushAsync);
        }

        if (!Journeys.Stop())
        {
            LogJourneysBehind(Journeys.Problem ?? "no response");
        }

        _keys?.GiveUp();
        Partitions.Stop();
        foreach (var left in Partitions.StopProblems)
        {
            LogStopProblem(left);
        }

        if (_reload is not null)
        {
            DeleteRunning();
        }

        LogStopped();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        await Health.DisposeAsync();
        await _app.DisposeAsync();
        Ingest.Threads.Dispose();
        Ingest.Rates.Dispose();
        Connections.Dispose();
        Erasure.Dispose();
        Exports.Dispose();
        _shadows.Dispose();
        Partitions.Dispose();
        Reports.Dispose();
        await Exposures.DisposeAsync();
        Journeys.Dispose();
        DeadLetterReplay.Dispose();
        DeadLetters.Dispose();
        _keys?.Dispose();
        await DisposeControlAsync();
        Monitor.Dispose();
        DisposeLog();
        _data.Dispose();
        _otlp?.Dispose();
        Metrics.Registry.Dispose();
        DisposeModels();
        _loggers.Dispose();
    }
}
