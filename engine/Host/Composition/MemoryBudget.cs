using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using CartRecovery.Engine.Configuration;
using CartRecovery.Engine.Decisions;
using CartRecovery.Engine.Events;
using CartRecovery.Engine.Ingest.DeadLetters;
using CartRecovery.Engine.Journal;
using CartRecovery.Engine.Journeys;
using CartRecovery.Engine.Journeys.Tables;
using CartRecovery.Engine.Pipeline;
using CartRecovery.Engine.Scoring.Onnx;
using CartRecovery.Engine.State;
using CartRecovery.Engine.State.Carts;
using CartRecovery.Engine.State.Customers;
using CartRecovery.Engine.Storage;

namespace CartRecovery.Host.Composition;

/// <summary>What the engine plans to take of memory, part by part, computed from the configuration before anything is allocated.</summary>
public sealed class MemoryBudget
{
    // Buffers of a stream in ordinary use: one read and one write segment, and what is kept for each connection.
    const long PerConnection = 16 * 1024;

    // FasterLog's pages, and the block that is being written.
    const long JournalMemory = (JournalLayout.PagesInMemory * (long)JournalLayout.StandardPage) + (8 << 20);

    // A queued intervention with its texts, on average.
    const long PerIntervention = 2 * 1024;

    // The runtime, ONNX Runtime and the model.
    const long Base = 160 << 20;

    /// <summary>Plans for a configuration.</summary>
    /// <param name="config">The configuration.</param>
    /// <param name="available">What the machine or container has, in bytes.</param>
    /// <param name="partitions">How many partitions the data folder is made for; 0 when there is none yet.</param>
    public MemoryBudget(CartRecoveryConfig config, long available, int partitions = 0)
    {
        Partitions = config.Partitions > 0 ? config.Partitions : partitions > 0 ? partitions : Environment.ProcessorCount;
        DedupBytes = config.Dedup.Memory.Bytes / Partitions;
        Carts = RecordStoreSize.For(config.Memory.Carts.Bytes / Partitions, Unsafe.SizeOf<CartRecord>());
        Customers = RecordStoreSize.For(config.Memory.Customers.Bytes / Partitions, Unsafe.SizeOf<CustomerRecord>());
        TimersPerPartition = (int)Math.Clamp((1L << Carts.LogBits) / Unsafe.SizeOf<CartRecord>() * 4, 1 << 16, 1 << 26);
        Limit = config.Memory.Limit.Bytes > 0 ? config.Memory.Limit.Bytes : available / 4 * 3;
        Parts =
        [
            ("carts", Carts.Bytes * Partitions, $"{Partitions} × {Carts.Bytes >> 20} MB: FASTER log and index"),
            ("customers", Customers.Bytes * Partitions, $"{Partitions} × {Customers.Bytes >> 20} MB: FASTER log and index"),
            ("timers", (long)TimersPerPartition * TimerWheel.BytesPerTimer * Partitions, $"{Partitions} × {TimersPerPartition:N0} idle timers"),
            ("inboxes", EventSlab.SizeFor(config.Limits.Event.Bytes) * PartitionSet.InboxCapacity * Partitions,
                $"{Partitions} × {PartitionSet.InboxCapacity} slabs of {EventSlab.Capacity} events"),
            ("batches", (long)config.Scoring.Batch * (Unsafe.SizeOf<CartRecord>() + (FeatureTable.All.Count * 4) + OnnxModel.BytesPerRow) * Partitions,
                $"{Partitions} × {config.Scoring.Batch} rows"),
            ("dedup", DedupBytes * Partitions, DedupWindow.Describe(DedupBytes, Partitions, config.Dedup.Window)),
            ("journal", config.Journal.Enabled ? Partitions * JournalMemory : 0, config.Journal.Enabled
                ? $"{Partitions} × {JournalMemory >> 20} MB: FasterLog pages and blocks" : "not enabled"),
            ("connections", config.Listen.MaxConnections * PerConnection, $"{config.Listen.MaxConnections:N0} × {PerConnection >> 10} KB"),
            ("deliveries", config.Sinks.Values.Sum(s => s.Queue * PerIntervention), $"{config.Sinks.Count} sinks' queues"),
            ("outreach", Database.CacheBytes + ShopperFilter.Bytes + (JourneyWorker.Capacity * PerIntervention),
                $"{Database.CacheBytes >> 20} MB of pages, {ShopperFilter.Bytes >> 20} MB of keys, {JourneyWorker.Capacity:N0} decisions and facts that wait"),
            ("dead letters", DeadLetterQueue.CapacityBytes, $"{DeadLetterQueue.Capacity:N0} that wait to be written"),
            ("base", Base, "runtime, ONNX Runtime, model"),
        ];
    }

    /// <summary>A partition's event ids, in bytes.</summary>
    public long DedupBytes { get; }

    /// <summary>Partitions, 1 or more.</summary>
    public int Partitions { get; }

    /// <summary>A partition's cart store.</summary>
    public RecordStoreSize Carts { get; }

    /// <summary>A partition's customer store.</summary>
    public RecordStoreSize Customers { get; }

    /// <summary>Idle timers of a partition at the most.</summary>
    public int TimersPerPartition { get; }

    /// <summary>What the process may take, in bytes.</summary>
    public long Limit { get; }

    /// <summary>The plan: a name, bytes, and how they come about.</summary>
    public IReadOnlyList<(string Name, long Bytes, string How)> Parts { get; }

    /// <summary>What the plan comes to, in bytes.</summary>
    public long Total => Parts.Sum(p => p.Bytes);

    /// <summary>The plan is within the limit.</summary>
    public bool Fits => Total <= Limit;

    /// <summary>The plan as a table.</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        foreach (var (name, bytes, how) in Parts)
        {
            text.Append(CultureInfo.InvariantCulture, $"  {name,-12}{bytes >> 20,8:N0} MB  {how}\n");
        }

        return text.Append(CultureInfo.InvariantCulture, $"  {"total",-12}{Total >> 20,8:N0} MB  of {Limit >> 20:N0} MB (memory.limit)").ToString();
    }
}
