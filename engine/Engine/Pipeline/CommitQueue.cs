using CartRecovery.Engine.Decisions;
using CartRecovery.Engine.Events;
using CartRecovery.Engine.Telemetry;

namespace CartRecovery.Engine.Pipeline;

/// <summary>
/// What waits for a commit: the sources whose events it makes durable, and the decisions that may be delivered then. The worker adds a turn
/// at a time; whoever learns of the commit completes. How much can wait is bounded by what the journal holds in memory.
/// </summary>
/// <param name="partition">The partition's number.</param>
/// <param name="outlet">Where decisions go.</param>
public sealed class CommitQueue(int partition, IDecisionConsumer outlet)
{
    readonly Queue<Turn> _waiting = new();
    readonly Stack<Turn> _free = new();
    readonly Lock _gate = new();
    readonly Lock _completing = new();
    int _behind;

    /// <summary>Turns that wait.</summary>
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

    /// <summary>Adds a turn, and takes over what is in the lists: they are empty afterwards. The worker's alone.</summary>
    /// <param name="address">The commit that it waits for reaches so far.</param>
    /// <param name="sources">Who is to be told, and of what.</param>
    /// <param name="decisions">What is to be delivered.</param>
    /// <param name="facts">What is to be noted.</param>
    /// <param name="trace">Ends when all of that is done; null where it is not traced.</param>
    public void Add(
        long address, List<(IEventSource Source, long UpTo)> sources, List<Decision> decisions, List<CustomerEvent> facts, CommitBatchTrace? trace = null)
    {
        lock (_gate)
        {
            var turn = _free.Count > 0 ? _free.Pop() : new Turn();
            turn.Address = address;
            turn.Sources.AddRange(sources);
            turn.Decisions.AddRange(decisions);
            turn.Facts.AddRange(facts);
            turn.Trace = trace;
            _waiting.Enqueue(turn);
        }

        sources.Clear();
        decisions.Clear();
        facts.Clear();
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
            Turn turn;
            lock (_gate)
            {
                if (_waiting.Count == 0 || _waiting.Peek().Address > durable)
                {
                    return;
                }

                turn = _waiting.Dequeue();
            }

            turn.Trace?.Durable();

            // First what was decided, by what was known before; who has an acknowledgement has every answer to what it covers.
            foreach (var decision in turn.Decisions)
            {
                outlet.Deliver(decision);
            }

            foreach (var fact in turn.Facts)
            {
                outlet.Note(fact);
            }

            outlet.Advance(partition, turn.Address);

            // Acknowledgements keep their order: behind one that waits for what was decided, the next waits too.
            if (turn.Decisions.Count == 0 && Volatile.Read(ref _behind) == 0)
            {
                Tell(turn);
            }
            else
            {
                Interlocked.Increment(ref _behind);
                outlet.Afterwards(() =>
                {
                    Tell(turn);
                    Interlocked.Decrement(ref _behind);
                });
            }
        }
    }

    void Tell(Turn turn)
    {
        foreach (var (source, upTo) in turn.Sources)
        {
            source.OnProcessed(partition, upTo);
        }

        turn.Sources.Clear();
        turn.Decisions.Clear();
        turn.Facts.Clear();
        turn.Trace?.End();
        turn.Trace = null;
        lock (_gate)
        {
            _free.Push(turn);
        }
    }

    sealed class Turn
    {
        public long Address;
        public readonly List<(IEventSource Source, long UpTo)> Sources = [];
        public readonly List<Decision> Decisions = [];
        public readonly List<CustomerEvent> Facts = [];
        public CommitBatchTrace? Trace;
    }
}
