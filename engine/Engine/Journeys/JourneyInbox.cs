using System.Collections.Concurrent;
using CartRecovery.Contracts;
using CartRecovery.Engine.Decisions;
using CartRecovery.Engine.Journeys.Policy;
using CartRecovery.Engine.Journeys.Tables;
using CartRecovery.Engine.State.Carts;

namespace CartRecovery.Engine.Journeys;

/// <summary>
/// Queues work for the journey thread: decisions, customer events and commands in order, through a bounded queue; delivery outcomes in a
/// queue of their own. Only items with a waiting caller wake the thread.
/// </summary>
/// <param name="partitions">Number of partitions.</param>
sealed class JourneyInbox(int partitions)
{
    /// <summary>Maximum number of items per batch; delivery outcomes come on top, up to as many again.</summary>
    public const int MaxItems = 8192;

    /// <summary>Maximum number of decisions and customer events in the queue. When it is full, commits wait.</summary>
    public const int Capacity = 65_536;

    readonly object _gate = new();
    readonly Queue<object> _queue = new();
    bool _isUrgent, _isComplete;

    // Bounded by the sinks' queues. Nobody waits for an outcome, so it does not wake the thread.
    readonly ConcurrentQueue<DeliveryCompleted> _ended = new();

    // Each partition's address handed over so far, the value before the queue was read, and the value covered by a batch.
    readonly long[] _advanced = new long[partitions], _seen = new long[partitions], _covered = new long[partitions];

    /// <summary>
    /// Journal address per partition up to which customer events are in the batches gathered so far. The journey thread only.
    /// </summary>
    public IList<long> Covered => _covered;

    /// <summary>Number of items in the queue.</summary>
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

    /// <summary><see langword="true"/> once the inbox is closed and everything was gathered.</summary>
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

    /// <summary>Adds an item; blocks while the queue is full.</summary>
    /// <returns><see langword="false"/> if the inbox is closed.</returns>
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
            if (!_isUrgent && (item is not CustomerEvent || _queue.Count >= MaxItems))
            {
                _isUrgent = true;
                Monitor.PulseAll(_gate);
            }

            return true;
        }
    }

    /// <summary>Adds a delivery outcome. Never blocks.</summary>
    public void AddCompleted(DeliveryCompleted ended) => _ended.Enqueue(ended);

    /// <summary>Records that a partition handed over everything up to an address.</summary>
    public void Advance(int partition, long address) => Volatile.Write(ref _advanced[partition], address);

    /// <summary>Closes the inbox.</summary>
    public void Complete()
    {
        lock (_gate)
        {
            _isComplete = true;
            Monitor.PulseAll(_gate);
        }
    }

    /// <summary>Moves queued items into a batch.</summary>
    /// <param name="batch">The batch.</param>
    /// <param name="wait">How long to wait for an item (ms).</param>
    public void Gather(List<object> batch, int wait)
    {
        // Everything handed over before this is in the queue, and the whole queue goes into the batch unless the batch is full.
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
            while (batch.Count < MaxItems && _queue.TryDequeue(out var item))
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

        while (batch.Count < 2 * MaxItems && _ended.TryDequeue(out var ended))
        {
            batch.Add(ended);
        }
    }
}

/// <summary>The outcome of a delivery by a sink.</summary>
sealed record DeliveryCompleted(Intervention Intervention, WithheldReason Reason, string? Detail);

/// <summary>Carts that were looked up.</summary>
sealed record CartsFound(IReadOnlyList<(DueMessage Message, CartRecord? Cart)> Carts);

/// <summary>Work for the journey thread. Returns the action to run once it is committed.</summary>
sealed record JourneyCommand(Func<JourneyEngine, long, Action> Work);
