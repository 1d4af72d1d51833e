using CartRecovery.Engine.Decisions;
using CartRecovery.Engine.Journal;

namespace CartRecovery.Engine.Pipeline;

/// <summary>
/// Everything a partition's journal adds up to: stores, timers, event time, event ids seen, undelivered decisions. Changed by the worker
/// only, and only by what the journal contains.
/// </summary>
/// <param name="Stages">Carts, customers, timers and event time.</param>
/// <param name="Dedup">Event ids seen.</param>
/// <param name="Outbox">Decisions not yet persisted by the consumer.</param>
public sealed record PartitionState(PartitionStages Stages, DedupWindow Dedup, Outbox Outbox) : IDisposable
{
    /// <inheritdoc/>
    public void Dispose() => Stages.Dispose();
}
