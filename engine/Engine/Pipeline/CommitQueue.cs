using CartRecovery.Engine.Decisions;
using CartRecovery.Engine.Events;
using CartRecovery.Engine.Telemetry;

namespace CartRecovery.Engine.Pipeline;

/// <summary>
/// What waits for a commit: the sources whose events it makes durable, and the decisions that may be delivered then. The worker adds a batch
/// at a time; whoever learns of the commit completes. How much can wait is bounded by what the journal holds in memory.
/// </summary>
/// <param name="partition">The partition's number.</param>
/// <param name="consumer">Where decisions go.</param>
public sealed class CommitQueue(int partition, IDecisionConsumer consumer)
{
    readonly Queue<Batch> _waiting = new();
    readonly Stack<Batch> _free = new();
    readonly Lock _gate = new();
    readonly Lock _completing = new();
    int _behind;

    /// <summary>Batches that wait.</summary>
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

    /// <summary>Adds a batch, and takes over what is in the lists: they are empty afterwards. The worker's alone.</summary>
    /// <param name="address">The commit that it waits for reaches so far.</param>
    /// <param name="sources">Who is to be told, and of what.</param>
    /// <param name="decisions">What is to be delivered.</param>
    /// <param name="customerEvents">What is to be noted.</param>
    /// <param name="trace">Ends when all of that is done; null where it is not traced.</param>
    public void Add(
        long address, List<(IEventSource Source, long UpTo)> sources, List<Decision> decisions, List<CustomerEvent> customerEvents, CommitBatchTrace? trace = null)
    {
        lock (_gate)
        {
            var batch = _free.Count > 0 ? _free.Pop() : new Batch();
            batch.Address = address;
            batch.Sources.AddRange(sources);
            batch.Decisions.AddRange(decisions);
            batch.CustomerEvents.AddRange(customerEvents);
            batch.Trace = trace;
            _waiting.Enqueue(batch);
        }

        sources.Clear();
        decisions.Clear();
        customerEvents.Clear();
    }

    /// <summary>Completes what a commit made durable, in order.</summary>
    /// <param name="durable">How far the journal is durable.</param>
    public void Complete(long durable)
    {
        lock (_completing)
        {
            CompleteInOrder(durable);
        }
    }

    void CompleteInOrder(long durable)
    {
        while (true)
        {
            Batch batch;
            lock (_gate)
            {
                if (_waiting.Count == 0 || _waiting.Peek().Address > durable)
                {
                    return;
                }

                batch = _waiting.Dequeue();
            }

            batch.Trace?.Durable();

            // First what was decided, by what was known before; who has an acknowledgement has every answer to what it covers.
            foreach (var decision in batch.Decisions)
            {
                consumer.Deliver(decision);
            }

            foreach (var customerEvent in batch.CustomerEvents)
            {
                consumer.Consume(customerEvent);
            }

            consumer.Advance(partition, batch.Address);

            // Acknowledgements keep their order: behind one that waits for what was decided, the next waits too.
            if (batch.Decisions.Count == 0 && Volatile.Read(ref _behind) == 0)
            {
                Tell(batch);
            }
            else
            {
                Interlocked.Increment(ref _behind);
                consumer.Afterwards(() =>
                {
                    Tell(batch);
                    Interlocked.Decrement(ref _behind);
                });
            }
        }
    }

    void Tell(Batch batch)
    {
        foreach (var (source, upTo) in batch.Sources)
        {
            source.OnProcessed(partition, upTo);
        }

        batch.Sources.Clear();
        batch.Decisions.Clear();
        batch.CustomerEvents.Clear();
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
        public readonly List<Decision> Decisions = [];
        public readonly List<CustomerEvent> CustomerEvents = [];
        public CommitBatchTrace? Trace;
    }
}
