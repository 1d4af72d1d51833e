using CartRecovery.Engine.Events.Slabs;
using CartRecovery.Engine.Telemetry;

namespace CartRecovery.Engine.Pipeline.Commit;

/// <summary>
/// Holds commit batches until their commit is durable, then acknowledges their sources. The worker adds batches; the thread that learns of
/// a commit completes them. The journal's memory bounds the queue.
/// </summary>
/// <param name="partition">The partition's number.</param>
public sealed class CommitQueue(int partition)
{
    readonly Queue<Batch> _waiting = new();
    readonly Stack<Batch> _free = new();
    readonly Lock _gate = new();
    readonly Lock _completing = new();

    /// <summary>Number of batches waiting for their commit.</summary>
    public int Depth
    {
        get
        {
            lock (_gate)
            {
                return _waiting.Count;
            }
        }
    }

    /// <summary>Adds a batch and clears the list. Called by the worker only.</summary>
    /// <param name="address">The batch is durable once the journal is durable up to here.</param>
    /// <param name="sources">The sources to acknowledge, and up to which position.</param>
    /// <param name="trace">Ends when the batch is complete; null if it is not traced.</param>
    public void Add(long address, List<(IEventSource Source, long UpTo)> sources, CommitBatchTrace? trace = null)
    {
        lock (_gate)
        {
            var batch = _free.Count > 0 ? _free.Pop() : new Batch();
            batch.Address = address;
            batch.Sources.AddRange(sources);
            batch.Trace = trace;
            _waiting.Enqueue(batch);
        }

        sources.Clear();
    }

    /// <summary>Completes every batch that is durable, in order.</summary>
    /// <param name="durable">The address up to which the journal is durable.</param>
    public void Complete(long durable)
    {
        lock (_completing)
        {
            while (TryTake(durable) is { } batch)
            {
                Complete(batch);
            }
        }
    }

    Batch? TryTake(long durable)
    {
        lock (_gate)
        {
            return _waiting.TryPeek(out var batch) && batch.Address <= durable ? _waiting.Dequeue() : null;
        }
    }

    void Complete(Batch batch)
    {
        batch.Trace?.MarkDurable();
        foreach (var (source, upTo) in batch.Sources)
        {
            source.OnProcessed(partition, upTo);
        }

        batch.Sources.Clear();
        batch.Trace?.End();
        batch.Trace = null;
        lock (_gate)
        {
            _free.Push(batch);
        }
    }

    sealed class Batch
    {
        public long Address;
        public readonly List<(IEventSource Source, long UpTo)> Sources = [];
        public CommitBatchTrace? Trace;
    }
}
