using CartRecovery.Engine.Decisions;
using CartRecovery.Engine.Events;
using CartRecovery.Engine.Telemetry;

namespace CartRecovery.Engine.Pipeline;

/// <summary>
/// Holds commit batches until their commit is durable, then delivers their decisions and acknowledges their sources. The worker adds
/// batches; the thread that learns of a commit completes them. The journal's memory bounds the queue.
/// </summary>
/// <param name="partition">The partition's number.</param>
/// <param name="consumer">Receives decisions and customer events.</param>
public sealed class CommitQueue(int partition, IDecisionConsumer consumer)
{
    readonly Queue<Batch> _waiting = new();
    readonly Stack<Batch> _free = new();
    readonly Lock _gate = new();
    readonly Lock _completing = new();
    int _pending;

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

    /// <summary>Adds a batch and clears the three lists. Called by the worker only.</summary>
    /// <param name="address">The batch is durable once the journal is durable up to here.</param>
    /// <param name="sources">The sources to acknowledge, and up to which position.</param>
    /// <param name="decisions">The decisions to deliver.</param>
    /// <param name="customerEvents">The customer events to hand over.</param>
    /// <param name="trace">Ends when the batch is complete; null if it is not traced.</param>
    public void Add(
        long address, List<(IEventSource Source, long UpTo)> sources, List<Decision> decisions, List<CustomerEvent> customerEvents,
        CommitBatchTrace? trace = null)
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

    /// <summary>Completes every batch that is durable, in order.</summary>
    /// <param name="durable">The address up to which the journal is durable.</param>
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

            batch.Trace?.MarkDurable();

            // Decisions go before customer events: they were made without them. Acknowledgements go last, so a client that has one also has
            // every answer to what it covers.
            foreach (var decision in batch.Decisions)
            {
                consumer.Deliver(decision);
            }

            foreach (var customerEvent in batch.CustomerEvents)
            {
                consumer.Consume(customerEvent);
            }

            consumer.Advance(partition, batch.Address);

            // Acknowledgements keep their order: while one waits for its batch's decisions, later ones wait too.
            if (batch.Decisions.Count == 0 && Volatile.Read(ref _pending) == 0)
            {
                Notify(batch);
            }
            else
            {
                Interlocked.Increment(ref _pending);
                consumer.OnProcessed(() =>
                {
                    Notify(batch);
                    Interlocked.Decrement(ref _pending);
                });
            }
        }
    }

    void Notify(Batch batch)
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
