using CartRecovery.Engine.ControlPlane;
using CartRecovery.Engine.Decisions;
using CartRecovery.Engine.Journal;
using CartRecovery.Engine.Scoring.Onnx;
using CartRecovery.Engine.State;

namespace CartRecovery.Engine.Pipeline;

/// <summary>What the stages of every partition share.</summary>
public sealed class PipelineOptions
{
    CampaignSet _campaigns = null!;

    public required IReadOnlyList<Store> Stores { get; init; }

    public required OnnxModel Model { get; init; }

    /// <summary>The campaigns. They may be changed while the engine runs: a partition takes the new ones with its next events.</summary>
    public required CampaignSet Campaigns
    {
        get => Volatile.Read(ref _campaigns);
        set => Volatile.Write(ref _campaigns, value);
    }

    /// <summary>At most one intervention per cart in this time, in milliseconds.</summary>
    public required long WindowMilliseconds { get; init; }

    /// <summary>Which events have their cart scored.</summary>
    public ScoredEvents Scored { get; init; }

    /// <summary>Rows in a run of the model at the most.</summary>
    public required int BatchRows { get; init; }

    /// <summary>The memory of a partition's carts.</summary>
    public required RecordStoreSize Carts { get; init; }

    /// <summary>The memory of a partition's customers.</summary>
    public required RecordStoreSize Customers { get; init; }

    /// <summary>Idle timers of a partition at the most.</summary>
    public required int Timers { get; init; }

    /// <summary>How long an event id is remembered.</summary>
    public required TimeSpan DedupWindow { get; init; }

    /// <summary>The memory of a partition's event ids, in bytes.</summary>
    public required long DedupBytes { get; init; }

    /// <summary>What survives the process, and how; null for nothing.</summary>
    public JournalOptions? Journal { get; init; }

    /// <summary>One in so many commit batches is traced; 0 for those of traced requests alone, null for none at all.</summary>
    public int? TraceEvery { get; init; }

    /// <summary>Where decisions go.</summary>
    public required IDecisionConsumer Consumer { get; init; }

    /// <summary>The folder for records that memory has no room for.</summary>
    public required string DataFolder { get; init; }
}

/// <summary>How partitions are journaled and checkpointed.</summary>
public sealed class JournalOptions
{
    /// <summary>The stores that events name.</summary>
    public required JournalStores Stores { get; init; }

    /// <summary>How the journals lie on disk.</summary>
    public required JournalLayout Layout { get; init; }

    /// <summary>A commit begins when its first entry is this old, ...</summary>
    public required TimeSpan CommitAge { get; init; }

    /// <summary>... or when there are so many bytes for it.</summary>
    public required int CommitBytes { get; init; }

    /// <summary>Blocks of events are compressed with LZ4.</summary>
    public bool Compress { get; init; } = true;

    /// <summary>How often a checkpoint is begun.</summary>
    public required TimeSpan CheckpointInterval { get; init; }

    /// <summary>Segments behind the last checkpoint are kept while they are younger than this, ...</summary>
    public required TimeSpan RetentionAge { get; init; }

    /// <summary>... and take no more than this together, in bytes of one partition.</summary>
    public required long RetentionBytes { get; init; }

    /// <summary>Checkpoints that are kept, 1 or more.</summary>
    public required int CheckpointsKept { get; init; }

    /// <summary>The folder of a partition's checkpoints.</summary>
    public required Func<int, string> CheckpointFolder { get; init; }

    /// <summary>Makes the device of a partition's journal.</summary>
    public required Func<int, JournalDevice> Device { get; init; }
}
