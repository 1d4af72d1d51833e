using System.Runtime.CompilerServices;
using CartRecovery.Engine.ControlPlane.Stores;
using CartRecovery.Engine.Decisions;
using CartRecovery.Engine.Encryption;
using CartRecovery.Engine.Journal;
using CartRecovery.Engine.Pipeline;
using CartRecovery.Engine.Scoring.Serving;
using CartRecovery.Engine.State;
using CartRecovery.Engine.State.Carts;
using CartRecovery.Engine.State.Customers;
using CartRecovery.Tests.Events;

namespace CartRecovery.Tests.Pipeline;

/// <summary>One journaled partition on real files, with small segments, so that a short test fills them.</summary>
static class TestJournal
{
    /// <summary>The sizes of its segments and pages.</summary>
    public static JournalLayout Layout { get; } = new(1 << 20, 1 << 20);

    /// <summary>Returns the partition's options.</summary>
    /// <param name="folder">Its data folder.</param>
    /// <param name="campaigns">The campaigns.</param>
    /// <param name="checkpointInterval">The interval between checkpoints; none are made if it is omitted.</param>
    /// <param name="memory">Memory for carts, in bytes.</param>
    /// <param name="window">Minimum time between two interventions (ms).</param>
    /// <param name="lifetime">The time at which a cart ends (ms).</param>
    /// <param name="keepsAll">Whether segments before the last checkpoint are kept.</param>
    /// <param name="keys">The keys for personal data.</param>
    /// <param name="stores">The stores.</param>
    public static PipelineOptions Options(
        string folder, CampaignSet campaigns, TimeSpan? checkpointInterval = null, long memory = 1 << 20, long window = 5 * EventReading.Minute,
        long lifetime = 90 * EventReading.Day, bool keepsAll = false, KeyVault? keys = null, StoreTable? stores = null) => new()
        {
            Stores = stores ?? TestStages.Stores,
            Serving = ServingPlan.Of(TestStages.Model),
            Campaigns = campaigns,
            WindowMilliseconds = window,
            CartLifetimeMilliseconds = lifetime,
            BatchRows = 256,
            Carts = RecordStoreSize.For(memory, Unsafe.SizeOf<CartRecord>()),
            Customers = RecordStoreSize.For(1 << 20, Unsafe.SizeOf<CustomerRecord>()),
            Timers = 1 << 16,
            DedupWindow = TimeSpan.FromHours(1),
            DedupBytes = 4 << 20,
            DataFolder = folder,
            Keys = keys,
            Journal = new JournalOptions
            {
                Stores = new JournalStores("demo"u8.ToArray()),
                Layout = Layout,
                CommitAge = TimeSpan.FromMilliseconds(5),
                CommitBytes = 64 * 1024,
                CheckpointInterval = checkpointInterval ?? TimeSpan.FromDays(1),
                RetentionAge = keepsAll ? TimeSpan.FromDays(1) : TimeSpan.Zero,
                RetentionBytes = keepsAll ? long.MaxValue : 0,
                CheckpointsKept = 2,
                CheckpointFolder = _ => Path.Combine(folder, "checkpoints"),
                Device = _ => new FileJournalDevice(Path.Combine(folder, "journal")),
                CursorFile = _ => null,
            },
        };
}
