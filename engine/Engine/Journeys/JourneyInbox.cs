using System.Collections.Concurrent;
using CartRecovery.Engine.Journeys.Sending;

namespace CartRecovery.Engine.Journeys;

/// <summary>
/// Queues commands and answers for the journey thread, in order and bounded, and delivery outcomes in a queue of their own. Nobody waits for
/// room: when the queue is full, items are rejected.
/// </summary>
sealed class JourneyInbox
{
    /// <summary>Maximum number of items in the queue.</summary>
    public const int Capacity = 4096;

    // Delivery outcomes per batch. The queue of outcomes is bounded by the sinks' queues.
    const int MaxOutcomes = 8192;

    readonly object _gate = new();
    readonly Queue<object> _queue = new();
    readonly ConcurrentQueue<DeliveryCompleted> _completed = new();
    bool _isUrgent, _isClosed;

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
                return _isClosed && _queue.Count == 0 && _completed.IsEmpty;
            }
        }
    }

    /// <summary>Adds an item and wakes the thread.</summary>
    public InboxResult TryAdd(object item)
    {
        lock (_gate)
        {
            if (_isClosed || _queue.Count >= Capacity)
            {
                return _isClosed ? InboxResult.Closed : InboxResult.Full;
            }

            _queue.Enqueue(item);
        }

        Wake();
        return InboxResult.Added;
    }

    /// <summary>Adds a delivery outcome. Nobody waits for it, so it does not wake the thread.</summary>
    public void AddCompleted(DeliveryCompleted completed) => _completed.Enqueue(completed);

    /// <summary>Wakes the thread.</summary>
    public void Wake()
    {
        lock (_gate)
        {
            if (!_isUrgent)
            {
                _isUrgent = true;
                Monitor.PulseAll(_gate);
            }
        }
    }

    /// <summary>Closes the inbox.</summary>
    public void Close()
    {
        lock (_gate)
        {
            _isClosed = true;
            Monitor.PulseAll(_gate);
        }
    }

    /// <summary>Moves queued items into a batch.</summary>
    /// <param name="batch">The batch.</param>
    /// <param name="wait">How long to wait for something to do (ms).</param>
    public void Gather(List<object> batch, int wait)
    {
        lock (_gate)
        {
            if (!_isUrgent && !_isClosed && wait > 0)
            {
                Monitor.Wait(_gate, wait);
            }

            _isUrgent = false;
            batch.AddRange(_queue);
            _queue.Clear();
        }

        for (var n = 0; n < MaxOutcomes && _completed.TryDequeue(out var completed); n++)
        {
            batch.Add(completed);
        }
    }
}
