using CartRecovery.Engine.Configuration;
using CartRecovery.Engine.Configuration.Data;
using CartRecovery.Engine.ControlPlane.Stores;
using CartRecovery.Engine.Decisions;
using CartRecovery.Engine.Encryption;
using CartRecovery.Engine.Journal;
using CartRecovery.Engine.Pipeline;
using CartRecovery.Engine.Scoring.Serving;
using CartRecovery.Host.Data;
using CartRecovery.Host.Models;

namespace CartRecovery.Host.Composition;

/// <summary>Creates the pipeline's options from the configuration.</summary>
static class PipelineSetup
{
    /// <summary>Creates the options of all partitions.</summary>
    /// <param name="config">The configuration.</param>
    /// <param name="stores">The stores, including removed ones.</param>
    /// <param name="budget">The memory plan.</param>
    /// <param name="serving">The models.</param>
    /// <param name="campaigns">The campaigns in force.</param>
    /// <param name="folder">The folder for records that do not fit into memory.</param>
    /// <param name="hasReaders">Whether customer events have a reader; <see langword="false"/> for a replay.</param>
    /// <param name="journal">The journals; <see langword="null"/> for none.</param>
    /// <param name="usesRecorded">Whether recovery decides under the campaigns that the journal recorded; otherwise under the given ones.</param>
    /// <param name="keys">Encrypts personal data of events; <see langword="null"/> if no events arrive.</param>
    /// <param name="traceEvery">Traces one commit batch in this many; <see langword="null"/> for none.</param>
    /// <param name="recorded">Finds recorded versions of models that <paramref name="serving"/> does not have; <see langword="null"/> to find none.</param>
    public static PipelineOptions Of(
        CartRecoveryConfig config, StoreDirectory stores, MemoryBudget budget, ServingPlan serving, CampaignSet campaigns, string folder,
        bool hasReaders, bool usesRecorded, JournalOptions? journal = null, KeyVault? keys = null, int? traceEvery = null,
        ConfiguredModels? recorded = null) => new()
        {
            Stores = stores.All,
            Serving = serving,
            Campaigns = campaigns,
            ReadCampaigns = usesRecorded ? new RecordedCampaigns(stores, serving, recorded).Read : null,
            WindowMilliseconds = (long)config.Decisions.Window.Value.TotalMilliseconds,
            CartLifetimeMilliseconds = (long)config.Memory.CartLifetime.Value.TotalMilliseconds,
            Scored = config.Scoring.Events,
            BatchRows = config.Scoring.Batch,
            Carts = budget.Carts,
            Customers = budget.Customers,
            Timers = budget.TimersPerPartition,
            DedupWindow = config.Dedup.Window,
            DedupBytes = budget.DedupBytes,
            DataFolder = folder,
            CollectsCustomerEvents = hasReaders,
            Journal = journal,
            Keys = keys,
            TraceEvery = traceEvery,
        };

    /// <summary>Creates the journals' options.</summary>
    public static JournalOptions JournalOf(CartRecoveryConfig config, StoreDirectory stores, FolderFiles files, FolderFormat format) =>
        new()
        {
            Stores = new JournalStores(stores.All),
            Layout = format.Layout,
            CommitAge = config.Journal.CommitAge,
            CommitBytes = (int)config.Journal.CommitSize.Bytes,
            Compress = config.Journal.Compression == JournalCompression.Lz4,
            CheckpointInterval = config.Checkpoints.Interval,
            CheckpointsKept = config.Checkpoints.Keep,
            RetentionAge = config.Journal.Retention,
            RetentionBytes = config.Journal.MaxSize.Bytes / format.Partitions,
            MaxLagBytes = config.Journal.MaxLag.Bytes / format.Partitions,
            CursorFile = files.CursorsOf,
            Device = partition => new FileJournalDevice(files.JournalOf(partition)),
            CheckpointFolder = files.CheckpointsOf,
        };
}
