using System.Text;
using System.Threading.Channels;
using CartRecovery.Contracts;
using CartRecovery.Engine.Configuration;
using CartRecovery.Engine.Configuration.Campaigns;
using CartRecovery.Engine.ControlPlane;
using CartRecovery.Engine.Delivery;
using CartRecovery.Engine.Ingest;
using CartRecovery.Engine.Ingest.Connections;
using CartRecovery.Engine.Ingest.DeadLetters;
using CartRecovery.Engine.Journal;
using CartRecovery.Engine.Journeys;
using CartRecovery.Engine.Journeys.Policy;
using CartRecovery.Engine.Journeys.Reports;
using CartRecovery.Engine.Pipeline;
using CartRecovery.Engine.Scoring;
using CartRecovery.Engine.Scoring.Onnx;
using CartRecovery.Engine.State;
using CartRecovery.Engine.Telemetry;
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
/// The composition root: every part of the engine, made from the configuration and wired in the order in which an event meets them.
/// </summary>
sealed partial class EngineHost : IAsyncDisposable, IJourneyOptionsProvider, IEngineState
{
    static readonly TimeSpan s_drain = TimeSpan.FromSeconds(10);

    readonly WebApplication _app;
    readonly ILoggerFactory _loggers;
    readonly ILogger _log;
    readonly DataFolder _data;
    readonly JourneyPorts _ports;
    readonly PipelineOptions _stages;
    readonly OtlpExport? _otlp;
    CampaignReload? _reload;

    // Until the workers run there is nothing to stop.
    bool _stopped = true;

    /// <summary>Makes everything; nothing listens yet.</summary>
    /// <param name="config">A configuration without problems.</param>
    /// <param name="budget">The memory plan, which fits.</param>
    /// <param name="time">The clocks.</param>
    /// <exception cref="ModelException">The model, or ONNX Runtime, cannot be used.</exception>
    /// <exception cref="SinkConfigurationException">A sink's settings cannot work.</exception>
    /// <exception cref="DataFolderException">The data folder cannot be written, another engine has it, or it is not for this one.</exception>
    public EngineHost(CartRecoveryConfig config, MemoryBudget budget, TimeProvider time)
    {
        Config = config;
        Time = time;
        var otlp = OtlpSettings.Of(config.Telemetry.Otlp, Environment.GetEnvironmentVariable);
        _loggers = LoggerFactory.Create(logs => EngineLogs.Configure(logs, config, otlp));
        _log = _loggers.CreateLogger("CartRecovery");
        OtlpSettings.Check(config.Telemetry.Otlp, Environment.GetEnvironmentVariable, _log);
        Stores = StoreCompiler.Compile(config.Stores);
        Model = OnnxModel.Load(config.ModelPath, FeatureTable.Names);
        Counters = new IngestCounters();
        Connections = new ConnectionRegistry(time, config.Listen.Heartbeat, config.Listen.IdleTimeout);
        Gate = new ConnectionLimiter(config.Listen.MaxConnections, config.Listen.MaxConnectionsPerAddress, config.Stores.Select(s => s.MaxConnections));
        Sinks = new SinkSet(SinkCatalog.Of(config), time, _loggers, RecordOutcome);
        _data = DataFolder.Open(config);
        _ports = new JourneyPorts(Connections, Sinks, SinkCatalog.AddressesOf(config));
        JourneyOptions = JourneyOptionsOf(config.Decisions, config.Contact);
        JourneyEngine = _data.Use(() => new JourneyEngine(Path.Combine(_data.Path, "outreach.db"), JourneyOptions, _ports) { LearnsBeside = true });
        Journeys = new JourneyWorker(JourneyEngine, _ports, budget.Partitions, time) { OnFault = OnFault };
        Reports = new JourneyReports(JourneyEngine.Store.Database.Path);
        _ports.Worker = Journeys;
        _stages = new PipelineOptions
        {
            Stores = Stores.Stores,
            Model = Model,
            Campaigns = JourneyOptions.Campaigns,
            WindowMilliseconds = (long)config.Decisions.Window.Value.TotalMilliseconds,
            Scored = config.Scoring.Events,
            BatchRows = config.Scoring.Batch,
            Carts = budget.Carts,
            Customers = budget.Customers,
            Timers = budget.TimersPerPartition,
            Consumer = Journeys,
            TraceEvery = otlp?.TraceEvery,
            DataFolder = _data.Stores,
            DedupWindow = config.Dedup.Window,
            DedupBytes = budget.DedupBytes,
            Journal = config.Journal.Enabled ? JournalOf(config) : null,
        };
        Partitions = new PartitionSet(budget.Partitions, _stages, time, config.Scoring.MaxAge);
        _ports.Partitions = Partitions;
        for (var i = 0; i < Partitions.Count; i++)
        {
            Partitions[i].OnFault = OnFault;
        }

        DeadLetters = new DeadLetterStore(
            Path.Combine(_data.Path, "deadletters"), new DeadLetterBounds(config.DeadLetters.Size.Bytes, config.DeadLetters.Age), time);
        DeadLetterQueue = new DeadLetterQueue(DeadLetters, time, _loggers.CreateLogger<DeadLetterQueue>());
        Ingest = new IngestOptions
        {
            DeadLetters = DeadLetterQueue,
            Partitions = Partitions,
            Stores = Stores,
            Counters = Counters,
            Connections = Connections,
            Gate = Gate,
            MaxEvent = (int)config.Limits.Event.Bytes,
            MaxMessage = (int)config.Limits.Message.Bytes,
            MaxBatch = config.Limits.Batch,
            Past = config.Limits.Past,
            Future = config.Limits.Future,
            HandshakeTimeout = config.Listen.HandshakeTimeout,
            TcpKey = config.Listen.TcpKey,
        };
        DeadLetterReplay = new DeadLetterReplay(Ingest, DeadLetters);
        Metrics = new EngineMetrics(this);
        _otlp = otlp is null ? null : new OtlpExport(otlp, Metrics.Registry, time);
        _app = ApiServer.Build(this, _loggers, otlp, s_drain);
    }

    public CartRecoveryConfig Config { get; }

    public StoreDirectory Stores { get; }

    public OnnxModel Model { get; }

    public IngestCounters Counters { get; }

    public ConnectionRegistry Connections { get; }

    public ConnectionLimiter Gate { get; }

    public IngestOptions Ingest { get; }

    public PartitionSet Partitions { get; }

    public SinkSet Sinks { get; }

    /// <summary>How customers are contacted.</summary>
    public JourneyOptions JourneyOptions { get; private set; }

    public JourneyEngine JourneyEngine { get; }

    public JourneyWorker Journeys { get; }

    public JourneyReports Reports { get; }

    public TimeProvider Time { get; }

    public EngineMetrics Metrics { get; }

    public DeadLetterStore DeadLetters { get; }

    public DeadLetterQueue DeadLetterQueue { get; }

    public DeadLetterReplay DeadLetterReplay { get; }

    /// <summary>The HTTP port's paths, for what a verb adds to the API before the start.</summary>
    public IEndpointRouteBuilder Routes => _app;

    /// <summary>Why a partition died; null while all is well.</summary>
    public Exception? Fault { get; private set; }

    /// <summary>Where the engine listens: HTTP first, then streams. Known once it has started.</summary>
    public IReadOnlyList<Uri> Addresses =>
        [.. _app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Select(a => new Uri(a))];

    /// <summary>Makes the state again, then starts the workers, the sinks and the listeners, in that order.</summary>
    /// <param name="progress">Is told how each partition's recovery goes on.</param>
    /// <exception cref="JournalException">The journal cannot be gone on with.</exception>
    /// <exception cref="IOException">A port is taken.</exception>
    public async Task StartAsync(Action<int, RecoveryProgress>? progress = null)
    {
        Sinks.Start();
        Journeys.Start();
        foreach (var (report, partition) in _data.Use(() => Partitions.Recover(progress)).Select((r, i) => (r, i)))
        {
            foreach (var warning in report.Warnings)
            {
                LogRecoveryWarning(warning);
            }

            LogRecovered(partition, report.Events, report.Took.TotalSeconds, report.Events / Math.Max(report.Took.TotalSeconds, 0.001), report.Undelivered);
        }

        var undelivered = Enumerable.Range(0, Partitions.Count).SelectMany(i => Partitions[i].Undelivered).ToArray();
        Partitions.Start();
        _stopped = false;
        foreach (var decision in undelivered)
        {
            Journeys.Deliver(decision);
        }

        DeadLetterQueue.Start();
        await _app.StartAsync();
        _app.Lifetime.ApplicationStopping.Register(Connections.CloseAll);
        LogStarted(Partitions.Count, Model.Id);
    }

    /// <summary>Waits for a signal to stop, or for a fault.</summary>
    public Task WaitForShutdownAsync() => _app.WaitForShutdownAsync();

    /// <summary>Stops from the outside in: no new events, those taken decided on, those decided delivered.</summary>
    public async Task StopAsync()
    {
        if (_stopped)
        {
            return;
        }

        _stopped = true;
        _reload?.Dispose();
        await _app.StopAsync();
        await FlushAsync(Partitions.FlushAsync);
        await DeadLetterQueue.StopAsync();
        await FlushAsync(Journeys.FlushAsync);
        await Sinks.DrainAsync(s_drain);
        await FlushAsync(Journeys.FlushAsync);

        // What was settled is journaled too, and a last checkpoint needs to know how far facts are kept.
        Partitions.Stop();
        Journeys.Stop();
        LogStopped();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        await _app.DisposeAsync();
        Connections.Dispose();
        Partitions.Dispose();
        Reports.Dispose();
        Journeys.Dispose();
        DeadLetterReplay.Dispose();
        DeadLetters.Dispose();
        _data.Dispose();
        _otlp?.Dispose();
        Metrics.Registry.Dispose();
        Model.Dispose();
        _loggers.Dispose();
    }

    // What was kept is handed over again at the next start, and what found no room in a while.
    void RecordOutcome(Intervention intervention, DeliveryAttemptOutcome outcome, string? reason)
    {
        if (outcome is not (DeliveryAttemptOutcome.Kept or DeliveryAttemptOutcome.Dropped))
        {
            Journeys.RecordOutcome(intervention, ReasonOf(outcome), reason);
        }
    }

    static WithheldReason ReasonOf(DeliveryAttemptOutcome outcome) => outcome switch
    {
        DeliveryAttemptOutcome.Rejected => WithheldReason.Rejected,
        DeliveryAttemptOutcome.Failed => WithheldReason.Failed,
        DeliveryAttemptOutcome.Bounced => WithheldReason.Bounced,
        _ => WithheldReason.None,
    };

    JourneyOptions JourneyOptionsOf(DecisionsConfig decisions, ContactConfig contact) => new(
        contact, CampaignCompiler.Compile(decisions, Stores.Stores), Stores.Stores,
        contact.Secret is { } secret ? Encoding.UTF8.GetBytes(secret) : _data.Secret());

    /// <summary>Takes campaigns and contact policy over from its configuration's file when that changes. After the start.</summary>
    public void Watch(string path, Func<string, ConfigResult> load) => _reload = new CampaignReload(this, path, load, Time, _log);

    /// <summary>Why the configuration's file does not count as it is; <see langword="null"/> while it does.</summary>
    public string? ReloadProblem => _reload?.Problem;

    /// <summary>Puts other campaigns and another contact policy in force.</summary>
    public void Use(DecisionsConfig decisions, ContactConfig contact)
    {
        JourneyOptions = JourneyOptionsOf(decisions, contact);
        JourneyEngine.Options = JourneyOptions;
        _stages.Campaigns = JourneyOptions.Campaigns;
    }

    async Task FlushAsync(Func<CancellationToken, Task> flush)
    {
        using var deadline = new CancellationTokenSource(s_drain);
        try
        {
            await flush(deadline.Token);
        }
        catch (Exception e) when (e is OperationCanceledException or ChannelClosedException || Fault is not null)
        {
            LogNotFlushed(Partitions.JournalProblem ?? e.Message);
        }
    }

    JournalOptions JournalOf(CartRecoveryConfig config) => new()
    {
        Stores = new JournalStores(config.Stores.Select(s => Encoding.UTF8.GetBytes(s.Id))),
        Layout = _data.Layout,
        CommitAge = config.Journal.CommitAge,
        CommitBytes = (int)config.Journal.CommitSize.Bytes,
        Compress = config.Journal.Compression == JournalCompression.Lz4,
        CheckpointInterval = config.Checkpoints.Interval,
        CheckpointsKept = config.Checkpoints.Keep,
        RetentionAge = config.Journal.Retention,
        RetentionBytes = config.Journal.MaxSize.Bytes / _data.Partitions,
        Device = partition => new FileJournalDevice(_data.JournalOf(partition)),
        CheckpointFolder = _data.CheckpointsOf,
    };

    // Parts are registered as they are, so that the container does not dispose of them: they end in an order of their own.
    void OnFault(Exception fault)
    {
        Fault = fault;
        LogFault(fault);
        _app.Lifetime.StopApplication();
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Started with {Partitions} partitions and model {Model}")]
    partial void LogStarted(int partitions, string model);

    [LoggerMessage(Level = LogLevel.Information,
        Message = "Partition {Partition} recovered: {Events} events of the journal in {Seconds:F2} s ({Rate:F0} a second), {Undelivered} interventions to deliver")]
    partial void LogRecovered(int partition, long events, double seconds, double rate, int undelivered);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Warning}")]
    partial void LogRecoveryWarning(string warning);

    [LoggerMessage(Level = LogLevel.Error, Message = "Not everything that was taken could be made durable before the stop ({Problem}); it was not acknowledged")]
    partial void LogNotFlushed(string problem);

    [LoggerMessage(Level = LogLevel.Information, Message = "Stopped; everything taken was worked off")]
    partial void LogStopped();

    [LoggerMessage(Level = LogLevel.Critical, Message = "A partition's worker failed; the engine stops")]
    partial void LogFault(Exception fault);
}
