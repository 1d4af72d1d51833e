using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using CartRecovery.Engine.Configuration;
using CartRecovery.Engine.ControlPlane.Database;
using CartRecovery.Engine.ControlPlane.Flags;
using CartRecovery.Engine.ControlPlane.Segments;
using CartRecovery.Engine.ControlPlane.Templates;
using CartRecovery.Engine.ControlPlane.Users;
using CartRecovery.Engine.Decisions;
using CartRecovery.Engine.Events.Slabs;
using CartRecovery.Engine.Ingest.DeadLetters;
using CartRecovery.Engine.Ingest.Limits;
using CartRecovery.Engine.Ingest.Streams;
using CartRecovery.Engine.Ingest.Streams.Transport;
using CartRecovery.Engine.Journal;
using CartRecovery.Engine.Journal.Tail;
using CartRecovery.Engine.Journeys;
using CartRecovery.Engine.Journeys.Tables;
using CartRecovery.Engine.Pipeline;
using CartRecovery.Engine.Scoring.Onnx;
using CartRecovery.Engine.Scoring.Serving;
using CartRecovery.Engine.State;
using CartRecovery.Engine.State.Carts;
using CartRecovery.Engine.State.Customers;
using CartRecovery.Engine.Storage;
using CartRecovery.Host.Backtests;
using CartRecovery.Host.Learning;
using CartRecovery.Host.Monitoring;

namespace CartRecovery.Host.Composition;

/// <summary>Plans the engine's memory by part, from the configuration, before anything is allocated.</summary>
public sealed class MemoryBudget
{
    /// <summary>Memory for clients' incomplete long messages, in bytes.</summary>
    public const long IncompleteMessages = 64 << 20;

    /// <summary>Memory for output that clients do not read, in bytes.</summary>
    public const long UnreadOutput = 32 << 20;

    // A stream stalled in both directions: 4 KB of unread output, 8 KB of an incomplete message, and the connection's state.
    const long PerConnection = 16 * 1024;

    // A bucket with its options and its table entry, for the requests of each group, and for events and bytes of each kind of key.
    const long RateLimitsBytes = RateSource.Slots * 640L * 9;

    // Queued decisions and customer events keep their texts as UTF-16, with object overhead.
    const long QueuedBytes = 3 * JourneyWorker.MaxItemBytes;

    // FasterLog's pages, the block being written, recent entries for readers, and a page of a reader that lags.
    const long JournalMemory = ((JournalLayout.PagesInMemory + 1) * (long)JournalLayout.StandardPage) + (8 << 20) + JournalTail.Capacity;

    // The average size of a queued intervention with its texts.
    const long PerIntervention = 2 * 1024;

    // The runtime, ONNX Runtime and the model.
    const long Base = 160 << 20;

    /// <summary>Creates the plan for a configuration.</summary>
    /// <param name="config">The configuration.</param>
    /// <param name="available">The memory of the machine or container, in bytes.</param>
    /// <param name="partitions">The data folder's number of partitions; 0 for a new folder.</param>
    public MemoryBudget(CartRecoveryConfig config, long available, int partitions = 0)
    {
        Partitions = config.Partitions > 0 ? config.Partitions : partitions > 0 ? partitions : Environment.ProcessorCount;
        DedupBytes = config.Dedup.Memory.Bytes / Partitions;
        Carts = RecordStoreSize.For(config.Memory.Carts.Bytes / Partitions, Unsafe.SizeOf<CartRecord>());
        Customers = RecordStoreSize.For(config.Memory.Customers.Bytes / Partitions, Unsafe.SizeOf<CustomerRecord>());
        TimersPerPartition = (int)Math.Clamp((1L << Carts.LogBits) / Unsafe.SizeOf<CartRecord>() * 4, 1 << 16, 1 << 26);
        Available = available;
        Limit = config.Memory.Limit.Bytes > 0 ? config.Memory.Limit.Bytes : available / 4 * 3;
        Parts =
        [
            ("carts", Carts.Bytes * Partitions, $"{Partitions} × {Carts.Bytes >> 20} MB: FASTER log and index"),
            ("customers", Customers.Bytes * Partitions, $"{Partitions} × {Customers.Bytes >> 20} MB: FASTER log and index"),
            ("timers", (long)TimersPerPartition * TimerWheel.BytesPerTimer * Partitions,
                $"{Partitions} × {TimersPerPartition:N0} idle timers"),
            ("inboxes", EventSlab.SizeFor(config.Limits.Event.Bytes) * PartitionSet.InboxCapacity * Partitions,
                $"{Partitions} × {PartitionSet.InboxCapacity} slabs of {EventSlab.Capacity} events"),
            ("batches", (long)config.Scoring.Batch * (Unsafe.SizeOf<CartRecord>() + (FeatureTable.All.Count * 4)
                + OnnxModel.BytesPerRow) * Partitions,
                $"{Partitions} × {config.Scoring.Batch} rows"),
            ("models", ((ServingPlan.MaxShadows * ShadowFeed.BytesFor(FeatureTable.All.Count))
                + ((config.Scoring.Models.Count + 1L) * config.Scoring.Batch * ((FeatureTable.All.Count * 4) + OnnxModel.BytesPerRow))) * Partitions,
                $"{Partitions} × the rows of {ServingPlan.MaxShadows} shadows, {config.Scoring.Models.Count} named models and a canary"),
            ("dedup", DedupBytes * Partitions, DedupWindow.Describe(DedupBytes, Partitions, config.Dedup.Window)),
            ("journal", config.Journal.Enabled ? Partitions * JournalMemory : 0, config.Journal.Enabled
                ? $"{Partitions} × {JournalMemory >> 20} MB: FasterLog pages and blocks" : "not enabled"),
            ("connections", (config.Listen.MaxConnections + config.Listen.MaxUnauthenticated) * PerConnection,
                $"{config.Listen.MaxConnections:N0} streams and {config.Listen.MaxUnauthenticated:N0} without a key × {PerConnection >> 10} KB"),
            ("rates", RateLimitsBytes, $"{RateSource.Slots:N0} buckets for each rate of addresses"),
            ("streams", IncompleteMessages
                + UnreadOutput, $"{IncompleteMessages >> 20} MB of incomplete messages, {UnreadOutput >> 20} MB of unread output"),
            ("reading", IngestThreads.Count * (PollingThread.BufferSize + (EventSlab.SizeFor(config.Limits.Event.Bytes) * Partitions)),
                $"{IngestThreads.Count} threads: a buffer, and a slab for each partition"),
            ("deliveries", config.Sinks.Values.Sum(s => s.Queue * PerIntervention), $"{config.Sinks.Count} sinks' queues"),
            ("outreach", Database.CacheBytes + ShopperFilter.Bytes + QueuedBytes,
                $"{Database.CacheBytes >> 20} MB of pages, {ShopperFilter.Bytes >> 20} MB of keys, {QueuedBytes >> 20} MB of decisions and customer events"),
            ("control", ControlDatabase.CacheBytes + (Passwords.Concurrency * Passwords.MemorySize) + FlagStore.Limits.AllBytes + SegmentDefinition.Kind.Limits.AllBytes + TemplateDefinition.Kind.Limits.AllBytes,
                $"{ControlDatabase.MaxConnections} connections to the control database, {Passwords.Concurrency} passwords, {FlagStore.Limits.AllBytes >> 20} MB of flags, {SegmentDefinition.Kind.Limits.AllBytes >> 20} MB of segments, {TemplateDefinition.Kind.Limits.AllBytes >> 20} MB of templates"),
            ("dead letters", DeadLetterQueue.CapacityBytes, $"{DeadLetterQueue.Capacity:N0} waiting to be written"),
            ("backtest", CampaignBacktests.Memory, "carts and decisions of one at a time"),
            ("training", Retraining.Memory, "rows of one at a time, and the trainer"),
            ("monitoring", config.Monitoring.Enabled ? (config.Monitoring.History.MaxSeries * (long)MetricMonitor.BytesPerSeries) + (config.Monitoring.Query.Concurrency * 16L * config.Monitoring.Query.MaxSamples) : 0,
                config.Monitoring.Enabled ? $"{config.Monitoring.History.MaxSeries:N0} series, {config.Monitoring.Query.Concurrency} queries of {config.Monitoring.Query.MaxSamples:N0} samples" : "not enabled"),
            ("base", Base, "runtime, ONNX Runtime, model"),
        ];
    }

    /// <summary>The memory of a partition's deduplication window, in bytes.</summary>
    public long DedupBytes { get; }

    /// <summary>The number of partitions, at least 1.</summary>
    public int Partitions { get; }

    /// <summary>The size of a partition's cart store.</summary>
    public RecordStoreSize Carts { get; }

    /// <summary>The size of a partition's customer store.</summary>
    public RecordStoreSize Customers { get; }

    /// <summary>The maximum number of idle timers per partition.</summary>
    public int TimersPerPartition { get; }

    /// <summary>The memory of the machine or container, in bytes.</summary>
    public long Available { get; }

    /// <summary>The process's memory limit, in bytes.</summary>
    public long Limit { get; }

    /// <summary>The parts of the plan: name, bytes, and how they are computed.</summary>
    public IReadOnlyList<(string Name, long Bytes, string How)> Parts { get; }

    /// <summary>The plan's total, in bytes.</summary>
    public long Total => Parts.Sum(p => p.Bytes);

    /// <summary>Whether the plan is within the limit.</summary>
    public bool Fits => Total <= Limit;

    /// <summary>Formats the plan as a table.</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        foreach (var (name, bytes, how) in Parts)
        {
            text.Append(CultureInfo.InvariantCulture, $"  {name,-12}{bytes >> 20,8:N0} MB  {how}\n");
        }

        return text.Append(CultureInfo.InvariantCulture, $"  {"total",-12}{Total >> 20,8:N0} MB  of {Limit >> 20:N0} MB (memory.limit)")
            .ToString();
    }
}
