using CartRecovery.Engine.Journal;

namespace CartRecovery.Engine.Pipeline;

/// <summary>A partition's state, all of it rebuilt from the journal and kept in checkpoints.</summary>
/// <param name="Stages">Carts, customers, timers, and the stages that use them.</param>
/// <param name="Dedup">The ids of recent events.</param>
public sealed record PartitionState(PartitionStages Stages, DedupWindow Dedup) : IDisposable
{
    /// <inheritdoc/>
    public void Dispose() => Stages.Dispose();
}
