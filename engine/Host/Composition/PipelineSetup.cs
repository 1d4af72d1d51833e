using CartRecovery.Engine.Configuration;
using CartRecovery.Engine.Configuration.Campaigns;
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
    /// <param name="onMissingModel">Receives recorded versions, and names that recorded campaigns ask for, that <paramref name="serving"/> does not have.</param>
    public static PipelineOptions Of(
        CartRecoveryConfig config, StoreDirectory stores, MemoryBudget budget, ServingPlan serving, CampaignSet campaigns, string folder,
        bool hasReaders, bool usesRecorded, JournalOptions? journal = null, KeyVault? keys = null, int? traceEvery = null,
        Action<string>? onMissingModel = null) => new()
        {
            Stores = stores.All,
            Serving = serving,
            Campaigns = campaigns,
            ReadCampaigns = usesRecorded ? record => ReadCampaigns(record, stores, serving, onMissingModel) : null,
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

    static CampaignSet? ReadCampaigns(ReadOnlyMemory<byte> record, StoreDirectory stores, ServingPlan serving, Action<string>? onMissingModel)
    {
        var campaigns = CampaignCompiler.Compile(record, stores.All, id => Find(serving, id, onMissingModel));
        if (campaigns is not null && onMissingModel is not null)
        {
            foreach (var campaign in ConfiguredModels.Unserved(campaigns.Serving ?? serving, campaigns))
            {
                onMissingModel(campaign.Model!);
            }
        }

        return campaigns;
    }

    static ServedModel? Find(ServingPlan serving, string id, Action<string>? onMissing)
    {
        var found = serving.Models.FirstOrDefault(model => model.Id == id);
        if (found is null)
        {
            onMissing?.Invoke(id);
        }

        return found;
    }

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
