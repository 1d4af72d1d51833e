using CartRecovery.Engine.Events;
using CartRecovery.Engine.Features;

namespace CartRecovery.Engine;

/// <summary>
/// The unit of everything: one worker thread, one inbox, one set of stores, one batch. A cart belongs to one partition, so it has one
/// writer and one order.
/// </summary>
public sealed class Partition : IDisposable
{
    const int TickMilliseconds = 100;

    // A partition that never runs dry still answers its sources this often.
    const int MaxUndecided = 4096;

    readonly int _index;
    readonly PartitionStages _stages;
    readonly SlabPool _slabs;
    readonly TimeProvider _time;
    readonly int _batchRows;
    readonly TimeSpan _maxAge;
    readonly Thread _worker;
    readonly List<EventSlab> _undecided = [];
    readonly List<int> _own = [];
    int _undecidedEvents;
    long _oldestTicks;

    /// <summary>Makes a partition; its worker starts with <see cref="Start"/>.</summary>
    /// <param name="index">Its number, from 0.</param>
    /// <param name="setup">What all partitions share.</param>
    /// <param name="slabs">Where used slabs go.</param>
    /// <param name="time">The clocks.</param>
    /// <param name="maxAge">How long an event may wait for its batch to fill.</param>
    /// <param name="inboxCapacity">Slabs in the inbox at the most.</param>
    public Partition(int index, StageSetup setup, SlabPool slabs, TimeProvider time, TimeSpan maxAge, int inboxCapacity)
    {
        _index = index;
        _slabs = slabs;
        _time = time;
        _batchRows = setup.BatchRows;
        _maxAge = maxAge;
        Inbox = new PartitionInbox(inboxCapacity);
        _stages = new PartitionStages(index, setup, Counters);
        _worker = new Thread(Run) { Name = $"partition {index}", IsBackground = true };
    }

    /// <summary>Its queue.</summary>
    public PartitionInbox Inbox { get; }

    /// <summary>What it counts.</summary>
    public PartitionCounters Counters { get; } = new();

    /// <summary>Why its worker died; null while all is well.</summary>
    public Exception? Fault { get; private set; }

    /// <summary>Called once, on the worker, when it dies.</summary>
    public Action<Exception>? OnFault { get; set; }

    /// <summary>Starts the worker.</summary>
    public void Start() => _worker.Start();

    /// <summary>Looks a cart up, after everything that was enqueued before.</summary>
    public async Task<CartRecord?> FindAsync(Hash128 cart, CancellationToken cancellationToken)
    {
        var lookup = new CartLookup(cart);
        await Inbox.EnqueueAsync(lookup, cancellationToken);
        return await lookup.Answer.Task.WaitAsync(cancellationToken);
    }

    /// <summary>Works off what is in the inbox and stops.</summary>
    public void Stop()
    {
        Inbox.Close();
        if (_worker.IsAlive)
        {
            _worker.Join();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Stop();
        _stages.Dispose();
    }

    void Run()
    {
        try
        {
            while (!Inbox.IsDone)
            {
                Drain();
                if (_undecided.Count > 0 && Inbox.Depth == 0 && MayGather())
                {
                    Inbox.Gather(1);
                    continue;
                }

                Decide();
                if (Inbox.Depth == 0)
                {
                    _stages.Tick(_time.GetUtcNow().ToUnixTimeMilliseconds());
                    _stages.Decide();
                    Inbox.Wait(TickMilliseconds);
                }
            }

            Decide();
        }
#pragma warning disable CA1031 // Whatever it was, this partition's carts are no longer served: the process must say so and stop.
        catch (Exception e)
#pragma warning restore CA1031
        {
            Fault = e;
            Inbox.Close();
            while (Inbox.TryDequeue(out var item))
            {
                (item as CartLookup)?.Answer.TrySetException(e);
            }

            OnFault?.Invoke(e);
        }
    }

    void Drain()
    {
        while (Inbox.TryDequeue(out var item))
        {
            if (item is EventSlab slab)
            {
                if (_undecided.Count == 0)
                {
                    _oldestTicks = slab.ReceivedTicks;
                }

                var own = _stages.Process(slab);
                _undecided.Add(slab);
                _own.Add(own);
                _undecidedEvents += own;
                if (_undecidedEvents >= MaxUndecided)
                {
                    Decide();
                }
            }
            else if (item is CartLookup lookup)
            {
                lookup.Answer.SetResult(_stages.Find(lookup.Cart));
            }
        }
    }

    // A run of the model costs about as much for one row as for dozens: a batch that is not full waits a little, while nothing presses.
    bool MayGather() => _maxAge > TimeSpan.Zero && _undecidedEvents < _batchRows && _time.GetElapsedTime(_oldestTicks) < _maxAge;

    void Decide()
    {
        _stages.Decide();
        if (_undecided.Count == 0)
        {
            return;
        }

        var now = _time.GetTimestamp();
        for (var i = 0; i < _undecided.Count; i++)
        {
            var slab = _undecided[i];
            if (_own[i] > 0)
            {
                Counters.Latency.Record((long)_time.GetElapsedTime(slab.ReceivedTicks, now).TotalNanoseconds, _own[i]);
            }

            // Counted before it is acknowledged: who has the acknowledgement finds the count.
            Counters.AddProcessed(_own[i]);
            slab.Source?.OnProcessed(_index, slab.UpTo);
            _slabs.Return(slab);
        }

        _undecided.Clear();
        _own.Clear();
        _undecidedEvents = 0;
    }

    sealed class CartLookup(Hash128 cart)
    {
        public Hash128 Cart { get; } = cart;

        public TaskCompletionSource<CartRecord?> Answer { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
