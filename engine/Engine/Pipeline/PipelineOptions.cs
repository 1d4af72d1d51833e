using CartRecovery.Engine.ControlPlane.Stores;
using CartRecovery.Engine.Decisions;
using CartRecovery.Engine.Encryption;
using CartRecovery.Engine.Journal;
using CartRecovery.Engine.Pipeline.Batches;
using CartRecovery.Engine.Scoring.Serving;
using CartRecovery.Engine.State;

namespace CartRecovery.Engine.Pipeline;

/// <summary>Options shared by the stages of every partition.</summary>
public sealed class PipelineOptions
{
    CampaignSet _campaigns = null!;

    /// <summary>The stores by number, where <see cref="CampaignSet.Stores"/> says no others.</summary>
    public required StoreTable Stores { get; init; }

    /// <summary>The models, where <see cref="CampaignSet.Serving"/> says no others. To replace them at run time, set them before <see cref="Campaigns"/>.</summary>
    public required ServingPlan Serving { get; set; }

    /// <summary>
    /// The campaigns, with the stores in force. May be replaced at run time; a partition takes the new set with its next events, and the model
    /// with it.
    /// </summary>
    public required CampaignSet Campaigns
    {
        get => Volatile.Read(ref _campaigns);
        set => Volatile.Write(ref _campaigns, value);
    }

    /// <summary>
    /// Compiles campaigns that the journal recorded, for the replay of what was decided under them; null if it cannot. Without it, a replay
    /// uses <see cref="Campaigns"/>.
    /// </summary>
    public Func<ReadOnlyMemory<byte>, CampaignSet?>? ReadCampaigns { get; init; }

    /// <summary>Minimum time between two interventions for a cart (ms).</summary>
    public required long WindowMilliseconds { get; init; }

    /// <summary>The time after its last event at which a cart ends (ms).</summary>
    public long CartLifetimeMilliseconds { get; init; } = 90L * 24 * 60 * 60 * 1000;

    /// <summary>Which events have their cart scored.</summary>
    public ScoredEvents Scored { get; init; }

    /// <summary>Maximum number of rows per model run.</summary>
    public required int BatchRows { get; init; }

    /// <summary>Memory for a partition's carts.</summary>
    public required RecordStoreSize Carts { get; init; }

    /// <summary>Memory for a partition's customers.</summary>
    public required RecordStoreSize Customers { get; init; }

    /// <summary>Maximum number of idle timers per partition.</summary>
    public required int Timers { get; init; }

    /// <summary>How long an event id is remembered.</summary>
    public required TimeSpan DedupWindow { get; init; }

    /// <summary>Memory for a partition's event ids, in bytes.</summary>
    public required long DedupBytes { get; init; }

    /// <summary>Journal and checkpoint options; null for no durability.</summary>
    public JournalOptions? Journal { get; init; }

    /// <summary>Encrypt the personal data of events; null to store it as it is.</summary>
    public KeyVault? Keys { get; init; }

    /// <summary>Traces one in this many commit batches; 0 traces only those of traced requests, null traces none.</summary>
    public int? TraceEvery { get; init; }

    /// <summary>Whether customer events are gathered for the journal's readers.</summary>
    public bool CollectsCustomerEvents { get; init; } = true;

    /// <summary>Is told when a shopper whose offer waits is back; null for nobody.</summary>
    public ReturningShoppers? Returning { get; set; }

    /// <summary>The folder for records that do not fit in memory.</summary>
    public required string DataFolder { get; init; }
}

/// <summary>Options for journals and checkpoints.</summary>
public sealed class JournalOptions
{
    /// <summary>The stores that events refer to.</summary>
    public required JournalStores Stores { get; init; }

    /// <summary>Segment and page sizes of the journals.</summary>
    public required JournalLayout Layout { get; init; }

    /// <summary>A commit starts when its oldest entry reaches this age, ...</summary>
    public required TimeSpan CommitAge { get; init; }

    /// <summary>... or when this many bytes are pending.</summary>
    public required int CommitBytes { get; init; }

    /// <summary>Compresses event blocks with LZ4.</summary>
    public bool Compress { get; init; } = true;

    /// <summary>Interval between checkpoints.</summary>
    public required TimeSpan CheckpointInterval { get; init; }

    /// <summary>Segments before the last checkpoint are kept up to this age, ...</summary>
    public required TimeSpan RetentionAge { get; init; }

    /// <summary>... and up to this many bytes per partition.</summary>
    public required long RetentionBytes { get; init; }

    /// <summary>Segments that readers still need are kept, up to this many bytes per partition.</summary>
    public long MaxLagBytes { get; init; } = long.MaxValue;

    /// <summary>Number of checkpoints to keep, 1 or more.</summary>
    public required int CheckpointsKept { get; init; }

    /// <summary>The folder of a partition's checkpoints.</summary>
    public required Func<int, string> CheckpointFolder { get; init; }

    /// <summary>The file that keeps the positions of a partition's readers.</summary>
    public required Func<int, string?> CursorFile { get; init; }

    /// <summary>Creates a device of a partition's journal.</summary>
    public required Func<int, JournalDevice> Device { get; init; }
}
