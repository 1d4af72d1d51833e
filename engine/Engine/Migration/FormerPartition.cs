using CartRecovery.Engine.Journal;
using CartRecovery.Engine.Pipeline;
using CartRecovery.Engine.Pipeline.Recovery;
using CartRecovery.Engine.State;
using CartRecovery.Engine.State.Carts;
using CartRecovery.Engine.State.Customers;

namespace CartRecovery.Engine.Migration;

/// <summary>Reads the newest checkpoint of a partition that does not run.</summary>
sealed class FormerPartition
{
    /// <exception cref="IOException">There is no complete checkpoint, or it cannot be read.</exception>
    public FormerPartition(PipelineOptions options, int index)
    {
        var reasons = new List<string>();
        var folder = new CheckpointFolder(options.Journal!.CheckpointFolder(index), options.Journal.CheckpointsKept);
        var checkpoint = folder.ReadUndamaged(reasons.Add).FirstOrDefault()
            ?? throw new IOException($"partition {index} has no complete checkpoint. {string.Join(' ', reasons)}");
        (Carts, Customers) = PartitionStores.Read(options.DataFolder, index, checkpoint.Path);
        (Now, ReceivedAt) = PartitionCheckpoints.ReadClock(checkpoint);
    }

    public StoredRecords<CartRecord> Carts { get; }

    public StoredRecords<CustomerRecord> Customers { get; }

    /// <summary>The partition's clock (ms since 1970 UTC).</summary>
    public long Now { get; }

    /// <summary>When the latest events were received (ms since 1970 UTC).</summary>
    public long ReceivedAt { get; }
}
