using System.Runtime.CompilerServices;
using CartRecovery.Engine.Backtest;
using CartRecovery.Engine.Configuration.Campaigns;
using CartRecovery.Engine.Learning.Datasets;
using CartRecovery.Engine.Models;
using CartRecovery.Engine.Pipeline;
using CartRecovery.Engine.Scoring.Onnx;
using CartRecovery.Engine.Scoring.Serving;
using CartRecovery.Engine.State;
using CartRecovery.Engine.State.Carts;
using CartRecovery.Engine.State.Customers;
using CartRecovery.Host.Backtests;
using CartRecovery.Host.Composition;
using CartRecovery.Host.Data;

namespace CartRecovery.Host.Learning;

/// <summary>
/// Makes data sets from the journals, beside the engine: with the stages, stores, time zones and rates that scored the events. One at a
/// time, in the place and the memory of a
/// backtest, at half a core. Thread-safe.
/// </summary>
/// <param name="host">The engine.</param>
/// <param name="data">Its data folder.</param>
sealed class JournalDatasets(EngineHost host, DataFolder data)
{
    const int CartMegabytes = 32, CustomerMegabytes = 8, Timers = 1 << 16;

    // Attempts: the engine may delete a journal's oldest file during a read.
    const int MaxReads = 3;

    const double Share = 0.5;

    static readonly TimeSpan s_look = TimeSpan.FromSeconds(1);

    /// <summary>Whether the engine has a journal.</summary>
    public bool HasJournal => host.Config.Journal.Enabled;

    /// <summary>Whether a data set is being made, or a backtest or an erasure runs: the next one waits.</summary>
    public bool IsBusy => host.Backtests.Gate.IsBusy;

    /// <summary>Returns a copy of the champion. To be disposed.</summary>
    /// <exception cref="Engine.Scoring.ModelException">It cannot be loaded.</exception>
    /// <exception cref="ModelRegistryException">Its version is damaged.</exception>
    public OnnxModel LoadModel() => host.ServedVersion is { } served ? host.ModelRegistry.Load(host.ModelRegistry.Find(served)) : OnnxModel.Load(host.Config.ModelPath, FeatureTable.Names);

    /// <summary>
    /// Makes a data set. The journal is read from its first event, so that carts and customers have their whole history there.
    /// </summary>
    /// <param name="from">Rows of events received at this time or later (ms since 1970 UTC).</param>
    /// <param name="options">Which rows.</param>
    /// <param name="model">Scores the rows.</param>
    /// <param name="time">The clock.</param>
    /// <param name="progress">Receives the progress, 0–1.</param>
    /// <param name="cancellation">Cancels the operation.</param>
    /// <exception cref="Engine.Journal.JournalException">The journal cannot be read.</exception>
    /// <exception cref="IOException">The scratch files cannot be written.</exception>
    public async Task<JournalDataset> ReadAsync(
        long from, DatasetOptions options, OnnxModel model, TimeProvider time, Action<double>? progress, CancellationToken cancellation)
    {
        await host.Exports.SettleAsync(cancellation);
        return await host.Backtests.Gate.ReplayAsync(stop => Task.Factory.StartNew(
            () => Read(new TimeRange(from, options.KnownUntil), options with { Lateness = host.Config.Limits.Past.Value }, model, time, progress, stop), stop, TaskCreationOptions.LongRunning, TaskScheduler.Default), cancellation);
    }

    JournalDataset Read(TimeRange range, DatasetOptions options, OnnxModel model, TimeProvider time, Action<double>? progress, CancellationToken cancellation)
    {
        for (var read = 1; ; read++)
        {
            host.Backtests.DeleteScratch();
            var folder = Path.Combine(data.Path, CampaignBacktests.Scratch);
            Directory.CreateDirectory(folder);
            try
            {
                var collector = new DatasetCollector(options);
                var scope = new ReplayScope { Observer = collector, Pace = new ReplayPace(Share, time) };
                var replay = new Replay([.. host.Exports.Journals().Select(journal => new JournalStream(journal))], 1, threads: 1, OptionsOf(model, folder), scope);
                using var watch = progress is null ? null : time.CreateTimer(_ => progress(replay.Share), state: null, s_look, s_look);
                replay.Run(range, cancellation);
                return collector.Build();
            }
            catch (Engine.Journal.JournalException e) when (e.Code == JournalView.Moved && read < MaxReads)
            {
                // Begins again, without the deleted events.
            }
            finally
            {
                host.Backtests.DeleteScratch();
            }
        }
    }

    // Campaigns decide nothing here, but the recorded ones have the stores and rates of their time, and may be the reason that an event is
    // scored.
    PipelineOptions OptionsOf(OnnxModel model, string folder)
    {
        var config = host.Config;
        return new PipelineOptions
        {
            Stores = host.Stores.All,
            Serving = ServingPlan.Of(model),
            Campaigns = CampaignCompiler.Compile(host.Rates.AddTo(config.Decisions).With(campaigns: []), host.Stores.All, segments: host.Segments),
            ReadCampaigns = record => CampaignCompiler.Compile(record, host.Stores.All),
            WindowMilliseconds = (long)config.Decisions.Window.Value.TotalMilliseconds,
            CartLifetimeMilliseconds = (long)config.Memory.CartLifetime.Value.TotalMilliseconds,
            Scored = config.Scoring.Events,
            BatchRows = config.Scoring.Batch,
            Carts = RecordStoreSize.For((long)CartMegabytes << 20, Unsafe.SizeOf<CartRecord>()),
            Customers = RecordStoreSize.For((long)CustomerMegabytes << 20, Unsafe.SizeOf<CustomerRecord>()),
            Timers = Timers,
            DedupWindow = config.Dedup.Window,
            DedupBytes = 1 << 20,
            DataFolder = folder,
            CollectsCustomerEvents = false,
        };
    }
}
