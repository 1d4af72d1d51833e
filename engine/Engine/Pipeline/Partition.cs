using CartRecovery.Engine.Events;
using CartRecovery.Engine.Journal;
using CartRecovery.Engine.Journal.Tail;
using CartRecovery.Engine.State.Carts;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Pipeline;

/// <summary>
/// Owns one worker thread, one inbox and one set of stores. A cart belongs to exactly one partition, so it has one writer and one order of
/// events.
/// </summary>
public sealed class Partition : IDisposable
{
    const int TickMilliseconds = 100;

    // Limit for the last commit, and again for the last checkpoint, when the engine stops.
    static readonly TimeSpan s_finish = TimeSpan.FromSeconds(20);

    // How long a clock that jumped must stay there before the timers follow it.
    static readonly TimeSpan s_trust = TimeSpan.FromSeconds(30);

    // Limit for the worker's whole shutdown, and again for its end once retries are given up.
    static readonly TimeSpan s_stop = TimeSpan.FromSeconds(50);
    static readonly TimeSpan s_abandon = TimeSpan.FromSeconds(5);

    readonly SlabPool _slabs;
    readonly TimeProvider _time;
    readonly Watermark _watermark;
    readonly ClockMonitor _clock;
    readonly int _batchRows;
    readonly TimeSpan _maxAge;
    readonly Thread _worker;
    readonly PartitionRecovery _recovery;
    PartitionState? _state;
    PartitionProcessor? _work;
    PartitionJournal? _journal;
    PartitionCheckpoints? _checkpoints;
    Handover _handover = new();
    long _receivedAt;
    long _journalFrom;
    long _leaps;
    long? _behindSince;

    /// <summary>Creates a partition. <see cref="Recover"/> restores its state; <see cref="Start"/> starts its worker.</summary>
    /// <param name="index">The partition's number, from 0.</param>
    /// <param name="options">Options shared by all partitions.</param>
    /// <param name="slabs">Receives used slabs.</param>
    /// <param name="time">The clock.</param>
    /// <param name="watermark">Event time over all sources.</param>
    /// <param name="clock">Detects jumps of the clock.</param>
    /// <param name="maxAge">How long an event may wait for its batch to fill.</param>
    /// <param name="inboxCapacity">Maximum number of slabs in the inbox.</param>
    /// <param name="readers">Closed while the inbox is nearly full.</param>
    public Partition(
        int index, PipelineOptions options, SlabPool slabs, TimeProvider time, Watermark watermark, ClockMonitor clock, TimeSpan maxAge,
        int inboxCapacity, InboxGate? readers = null)
    {
        _clock = clock;
        _slabs = slabs;
        _time = time;
        _watermark = watermark;
        _batchRows = options.BatchRows;
        _maxAge = maxAge;
        Inbox = new PartitionInbox(inboxCapacity, readers);
        Tail = new JournalTail(options.Journal?.CursorFile(index));
        _recovery = new PartitionRecovery(index, options, slabs, Counters, Tail);
        _worker = new Thread(Run) { Name = $"partition {index}", IsBackground = true };
    }

    /// <summary>The queue of slabs and requests.</summary>
    public PartitionInbox Inbox { get; }

    /// <summary>The committed entries of its journal, for readers.</summary>
    public JournalTail Tail { get; }

    /// <summary>The partition's counters.</summary>
    public PartitionCounters Counters { get; } = new();

    /// <summary>The exception that ended the worker; null while it runs.</summary>
    public Exception? Fault { get; private set; }

    /// <summary>Called once, on the worker, when it fails.</summary>
    public Action<Exception>? OnFault { get; set; }

    /// <summary>Why the journal cannot be written; null if it can.</summary>
    public string? JournalProblem => _journal?.Problem;

    /// <summary>Why records cannot be moved from memory to disk; null if they can.</summary>
    public string? StoreProblem => _state?.Stages.Stores.Problem?.Message;

    /// <summary>Bytes written to the journal since the start.</summary>
    public long JournalBytes => _journal is null ? 0 : _journal.Durable - _journalFrom;

    /// <summary>Number of journal writes that failed and were retried.</summary>
    public long JournalRetries => _journal?.Retries ?? 0;

    /// <summary>Number of event ids remembered. Any thread; may lag slightly.</summary>
    public long DedupCount => _state?.Dedup.Count ?? 0;

    /// <summary>Why the last checkpoint failed; null if it did not.</summary>
    public string? CheckpointProblem => _work?.CheckpointProblem;

    /// <summary>
    /// Recovers the state from the newest checkpoint and the journal; empty without a journal. Call before <see cref="Start"/>.
    /// </summary>
    /// <param name="progress">Receives the progress a few times a second.</param>
    /// <returns>What was recovered.</returns>
    /// <exception cref="JournalException">The journal is damaged, or of a later version.</exception>
    /// <exception cref="IOException">The data folder cannot be used.</exception>
    public RecoveryReport Recover(Action<RecoveryProgress>? progress = null)
    {
        var recovered = _recovery.Run(_time, progress);
        _state = recovered.State;
        _journal = recovered.Journal;
        _journalFrom = _journal?.Durable ?? 0;
        _work = new PartitionProcessor(_recovery.Index, _recovery.Options, _state, Counters, _journal, Tail, _time) { OnFault = Fail };
        _checkpoints = recovered.Checkpoints;
        _handover = recovered.Handover;
        _receivedAt = recovered.ReceivedAt;
        _watermark.Restore(_state.Stages.Now, _receivedAt);
        return recovered.Report;
    }

    /// <summary>Starts the worker; recovers first if <see cref="Recover"/> was not called.</summary>
    public void Start()
    {
        if (_work is null)
        {
            Recover();
        }

        _worker.Start();
    }

    /// <summary>Looks up a cart after everything enqueued before this call.</summary>
    public async Task<CartRecord?> FindAsync(Hash128 cart, CancellationToken cancellationToken)
    {
        var lookup = new CartLookup(cart);
        await Inbox.EnqueueAsync(lookup, cancellationToken);
        return await lookup.Result.Task.WaitAsync(cancellationToken);
    }

    /// <summary>Completes once everything enqueued before this call is durable.</summary>
    public async Task FlushAsync(CancellationToken cancellationToken)
    {
        var flush = new Flush();
        await Inbox.EnqueueAsync(flush, cancellationToken);
        await flush.Done.Task.WaitAsync(cancellationToken);
    }

    /// <summary>What the stop left undone, and why; null if nothing.</summary>
    public string? StopProblem { get; private set; }

    /// <summary>Limit for the worker's shutdown before retries are given up.</summary>
    internal TimeSpan StopTimeout { get; init; } = s_stop;

    /// <summary>
    /// Processes what is in the inbox, then stops the worker. Ends although the disk is full or does not respond: see
    /// <see cref="StopProblem"/>.
    /// </summary>
    public void Stop()
    {
        Inbox.Close();
        if (!_worker.IsAlive || _worker.Join(StopTimeout))
        {
            return;
        }

        // Nothing the worker still holds was acknowledged, and the journal has everything else.
        var reason = StoreProblem ?? _journal?.Problem ?? "the disk does not respond";
        StopProblem = $"{_worker.Name}: {Inbox.Depth} batches of events were not processed, and no checkpoint was made ({reason}). "
            + "Their events were not acknowledged; the next start recovers from the last checkpoint and the journal";
        _journal?.Close();
        Tail.Close();
        _state?.Stages.Stores.GiveUp();
        _worker.Join(s_abandon);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Stop();
        if (_worker.IsAlive)
        {
            // It still uses what would be freed; the process ends.
            return;
        }

        _work?.Dispose();
        _state?.Dispose();
    }

    void Run()
    {
        try
        {
            _work!.Begin(_checkpoints, _handover, _receivedAt);
            _handover = new();
            BeginClock();
            while (!Inbox.IsDone)
            {
                Drain();
                if (_work.HasBatch && Inbox.Depth == 0 && MayGather())
                {
                    Inbox.Gather(1);
                    continue;
                }

                _work.EndBatch();
                if (Inbox.Depth == 0)
                {
                    _work.RunIdle(ReadClock());
                    Inbox.Wait(_work.UntilCommit(TickMilliseconds));
                }
            }

            _work.Finish(s_finish);
        }
#pragma warning disable CA1031 // Whatever the cause, this partition serves its carts no longer: the process must report it and stop.
        catch (Exception e)
#pragma warning restore CA1031
        {
            Fail(e);
            while (Inbox.TryDequeue(out var item))
            {
                (item as CartLookup)?.Result.TrySetException(e);
                (item as Flush)?.Done.TrySetException(e);
            }
        }
    }

    // Called by the worker, or by the thread that completes a commit.
    void Fail(Exception e)
    {
        Fault = e;
        Inbox.Close();
        OnFault?.Invoke(e);
    }

    void Drain()
    {
        while (Inbox.TryDequeue(out var item))
        {
            switch (item)
            {
                case EventSlab slab:
                    CheckClock(slab.ReceivedAt);
                    _work!.Take(slab);
                    _slabs.Return(slab);
                    break;
                case CartLookup lookup:
                    lookup.Result.SetResult(_state!.Stages.Find(lookup.Cart));
                    break;
                case Flush flush:
                    _work!.NotifyWhenDurable(flush);
                    break;
            }
        }
    }

    // After a long stop, or under a wrong clock, timers that seem overdue wait.
    void BeginClock()
    {
        var (wall, last) = (_clock.Read(), _state!.Stages.Now);
        _leaps = _clock.Leaps;
        _clock.CompareWithLast(last);
        if (last != 0 && wall - last > CartTimers.Leap)
        {
            _state.Stages.Clock.RequestHold(wall + (long)s_trust.TotalMilliseconds);
        }
    }

    // Holds the timers, or sets the clock back, before events that were received under a clock that jumped.
    void CheckClock(long receivedAt)
    {
        var clock = _state!.Stages.Clock;
        if (Math.Abs(receivedAt - clock.Now) <= CartTimers.Leap && !clock.IsTickUrgent(receivedAt))
        {
            return;
        }

        var now = ReadClock();
        if (clock.IsTickUrgent(now))
        {
            _work!.EndBatch();
            _work.RunIdle(now);
        }
    }

    // Returns the time for the timers. They wait for a clock that leapt ahead, and stand still for one that was set back, until it has
    // stayed there for a while.
    long ReadClock()
    {
        var (wall, clock) = (_clock.Read(), _state!.Stages.Clock);
        if (_leaps != _clock.Leaps)
        {
            _leaps = _clock.Leaps;
            clock.RequestHold(wall + (long)s_trust.TotalMilliseconds);
        }

        if (wall >= clock.Now - CartTimers.Leap)
        {
            _behindSince = null;
            return Math.Max(clock.Now, _watermark.EstimateAt(wall));
        }

        _behindSince ??= _time.GetTimestamp();
        if (_time.GetElapsedTime(_behindSince.Value) >= s_trust)
        {
            _behindSince = null;
            clock.RequestSetBack(wall);
        }

        return clock.Now;
    }

    // A model run costs about as much for one row as for dozens, so a partial batch waits a little if nothing is urgent.
    bool MayGather() => _maxAge > TimeSpan.Zero && _work!.BatchEvents < _batchRows && _time.GetElapsedTime(_work.OldestTicks) < _maxAge;

    sealed class CartLookup(Hash128 cart)
    {
        public Hash128 Cart { get; } = cart;

        public TaskCompletionSource<CartRecord?> Result { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    sealed class Flush : IEventSource
    {
        public TaskCompletionSource Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public long ConnectionId => 0;

        public bool IsPublishable => false;

        public void OnProcessed(int partition, long upTo) => Done.TrySetResult();
    }
}
