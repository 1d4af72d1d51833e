using System.Collections.Concurrent;
using CartRecovery.Contracts;
using CartRecovery.Engine.Decisions;
using CartRecovery.Engine.Journeys.Policy;
using CartRecovery.Engine.Journeys.Tables;
using CartRecovery.Engine.State.Carts;

namespace CartRecovery.Engine.Journeys;

/// <summary>
/// What comes to the desk's thread: decisions, facts and errands in their order, through a bounded queue; and ends of deliveries beside it. The thread is woken
/// for what someone waits for, and finds the rest when it looks.
/// </summary>
/// <param name="partitions">How many partitions hand things over.</param>
sealed class JourneyInbox(int partitions)
{
    /// <summary>What a batch holds at the most, ends of deliveries apart, of which there are as many again.</summary>
    public const int MostItems = 8192;

    /// <summary>Decisions and customer events that wait at the most; then commits wait.</summary>
    public const int Capacity = 65_536;

    readonly object _gate = new();
    readonly Queue<object> _queue = new();
    bool _isUrgent, _isComplete;

    // As many as sinks have in their queues. Nobody waits for them, so that they wake nobody: they go along with what comes next.
    readonly ConcurrentQueue<Ended> _ended = new();

    // How far partitions have handed their facts over; and the same as it was before the queue was looked at.
    readonly long[] _advanced = new long[partitions], _seen = new long[partitions], _covered = new long[partitions];

    /// <summary>How far the facts of each partition are in what was gathered: an address of its journal. The desk's thread alone.</summary>
    public IList<long> Covered => _covered;

    /// <summary>What waits.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _queue.Count;
            }
        }
    }

    /// <summary>Nothing more comes, and everything was gathered.</summary>
    public bool IsCompleted
    {
        get
        {
            lock (_gate)
            {
                return _isComplete && _queue.Count == 0 && _ended.IsEmpty;
            }
        }
    }

    /// <summary>Adds something; waits while the queue is full.</summary>
    /// <returns><see langword="false"/> when nothing more is taken.</returns>
    public bool Add(object item)
    {
        lock (_gate)
        {
            while (_queue.Count >= Capacity && !_isComplete)
            {
                Monitor.Wait(_gate);
            }

            if (_isComplete)
            {
                return false;
            }

            _queue.Enqueue(item);
            if (!_isUrgent && (item is not CustomerEvent || _queue.Count >= MostItems))
            {
                _isUrgent = true;
                Monitor.PulseAll(_gate);
            }

            return true;
        }
    }

    /// <summary>Adds the end of a delivery. Never waits.</summary>
    public void AddEnded(Ended ended) => _ended.Enqueue(ended);

    /// <summary>A partition has handed over all facts up to this address.</summary>
    public void Advance(int partition, long address) => Volatile.Write(ref _advanced[partition], address);

    /// <summary>Nothing more is taken.</summary>
    public void Complete()
    {
        lock (_gate)
        {
            _isComplete = true;
            Monitor.PulseAll(_gate);
        }
    }

    /// <summary>Adds what has come to a batch.</summary>
    /// <param name="batch">The batch.</param>
    /// <param name="wait">How long to wait for something, in milliseconds.</param>
    public void Gather(List<object> batch, int wait)
    {
        // What was handed over before this is in the queue, and the whole queue is in the batch unless it is very long.
        for (var i = 0; i < _advanced.Length; i++)
        {
            _seen[i] = Volatile.Read(ref _advanced[i]);
        }

        lock (_gate)
        {
            if (!_isUrgent && !_isComplete && wait > 0)
            {
                Monitor.Wait(_gate, wait);
            }

            var isFull = _queue.Count >= Capacity;
            while (batch.Count < MostItems && _queue.TryDequeue(out var item))
            {
                batch.Add(item);
            }

            _isUrgent = _queue.Count > 0;
            if (_queue.Count == 0)
            {
                _seen.CopyTo(_covered, 0);
            }

            if (isFull)
            {
                Monitor.PulseAll(_gate);
            }
        }

        while (batch.Count < 2 * MostItems && _ended.TryDequeue(out var ended))
        {
            batch.Add(ended);
        }
    }
}

/// <summary>A delivery by a sink has ended.</summary>
sealed record Ended(Intervention Intervention, WithheldReason Reason, string? Detail);

/// <summary>Carts that were asked for.</summary>
sealed record Found(IReadOnlyList<(DueMessage Message, CartRecord? Cart)> Carts);

/// <summary>Something to be done on the desk's thread; gives what is to be done when it is kept.</summary>
sealed record JourneyCommand(Func<JourneyEngine, long, Action> Work);
