using CartRecovery.Engine.Decisions;
using CartRecovery.Engine.Journal;

namespace CartRecovery.Engine.Pipeline;

/// <summary>
/// Everything that a partition's journal adds up to: the stages with their stores, timers and event time; the event ids seen; the
/// decisions not yet delivered. Only its worker changes it, and only by what the journal says.
/// </summary>
/// <param name="Stages">Carts, customers, timers, time.</param>
/// <param name="Dedup">The event ids seen.</param>
/// <param name="Outbox">What is to be delivered.</param>
public sealed record PartitionState(PartitionStages Stages, DedupWindow Dedup, Outbox Outbox) : IDisposable
{
    /// <inheritdoc/>
    public void Dispose() => Stages.Dispose();
}
