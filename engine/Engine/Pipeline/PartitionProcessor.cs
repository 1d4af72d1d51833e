using System.Buffers;
using CartRecovery.Engine.Events;
using CartRecovery.Engine.Journal;
using CartRecovery.Engine.Telemetry;

namespace CartRecovery.Engine.Pipeline;

/// <summary>
/// Does the work of a partition's thread. A commit batch takes slabs, marks their duplicates, encodes the other events for the journal and
/// folds them; at its end it appends the block, decides on it and appends the decisions. Once the commit is durable, decisions are
/// published and sources acknowledged; without a journal, at once.
/// </summary>
public sealed class PartitionProcessor : IDisposable
{
    // A block must fit in a journal page, and the sources of a partition that is never idle must be acknowledged too.
    const int MaxBatchEvents = 4096;
    const int MaxBatchBytes = 1 << 20;

    // An idle partition advances event time in steps, so that one batch need not decide on hours of idle carts.
    const long MaxTickMilliseconds = 1000;

    readonly TimeProvider _time;
    readonly PartitionState _state;
    readonly PartitionCounters _counters;
    readonly PartitionJournal? _journal;
    readonly EventBlockWriter? _block;
    readonly CommitQueue _commits;
    readonly long _commitTicks;
    readonly int _commitBytes;
    readonly List<(IEventSource Source, long UpTo)> _sources = [];
    readonly List<(long ReceivedTicks, int Own)> _taken = [];
    readonly List<string> _persisted = [];
    readonly ArrayBufferWriter<byte> _buffer = new(4096);
    readonly CommitBatchSampler? _traces;
    CommitBatchTrace? _trace;
    PartitionCheckpoints? _checkpoints;
    long _receivedAt;
    int _batchEvents;
    long _oldestTicks;
    long _uncommittedSince;
    int _uncommittedBytes;

    /// <summary>Creates a partition's processor.</summary>
    /// <param name="index">The partition's number.</param>
    /// <param name="options">Options shared by all partitions.</param>
    /// <param name="state">The state to process events into.</param>
    /// <param name="counters">The partition's counters.</param>
    /// <param name="journal">Makes the state durable; null without a journal.</param>
    /// <param name="time">The clock.</param>
    public PartitionProcessor(int index, PipelineOptions options, PartitionState state, PartitionCounters counters, PartitionJournal? journal, TimeProvider time)
    {
        _time = time;
        _state = state;
        _counters = counters;
        _journal = journal;
        _commits = new CommitQueue(index, options.Consumer);
        _traces = options.TraceEvery is { } every ? new CommitBatchSampler(index, every, time) : null;
        if (journal is not null)
        {
            _block = new EventBlockWriter(options.Journal!.Stores, options.Journal.Compress);
            _commitTicks = (long)(options.Journal.CommitAge.TotalSeconds * time.TimestampFrequency);
            _commitBytes = options.Journal.CommitBytes;
            journal.OnDurable = OnDurable;
        }
    }

    /// <summary>Why the last checkpoint failed; null if it did not.</summary>
    public string? CheckpointProblem => _checkpoints?.Problem;

    /// <summary>Called if completing a batch throws, on the thread that completed it.</summary>
    public Action<Exception>? OnFault { get; init; }

    /// <summary>Number of events in the current batch.</summary>
    public int BatchEvents => _batchEvents;

    /// <summary><see langword="true"/> if the current batch holds slabs.</summary>
    public bool HasBatch => _sources.Count > 0 || _taken.Count > 0;

    /// <summary>When the oldest slab of the batch was received, in ticks of the monotonic clock.</summary>
    public long OldestTicks => _oldestTicks;

    /// <summary>Number of batches waiting for their commit.</summary>
    public int Uncommitted => _commits.Depth;

    /// <summary>Adds a slab to the batch. The slab may be reused afterwards.</summary>
    public void Take(EventSlab slab)
    {
        if (_block is not null && _batchEvents > 0
            && (_batchEvents + slab.Count > MaxBatchEvents || _block.RawLength + slab.TextLength > MaxBatchBytes))
        {
            EndBatch();
        }

        if (!HasBatch)
        {
            _oldestTicks = slab.ReceivedTicks;
            _trace = _traces?.Begin(slab.ReceivedTicks);
        }

        if (_traces is not null)
        {
            _trace = _traces.Add(_trace, slab.Request, slab.ReceivedTicks);
            _counters.Trace = _trace;
        }

        _receivedAt = Math.Max(_receivedAt, slab.ReceivedAt);
        _counters.AddDuplicates(_state.Dedup.MarkDuplicates(slab));
        _block?.Add(slab);
        var own = _state.Stages.Process(slab);
        _taken.Add((slab.ReceivedTicks, own));
        _batchEvents += slab.Count;
        if (slab.Source is not null)
        {
            _sources.Add((slab.Source, slab.UpTo));
        }

        if (_batchEvents >= MaxBatchEvents)
        {
            EndBatch();
        }
    }

    /// <summary>Ends the batch: appends it, decides on it, and queues its acknowledgements for the commit.</summary>
    public void EndBatch()
    {
        if (!HasBatch)
        {
            return;
        }

        _trace?.MarkFolded(_batchEvents);
        if (_block is { Count: > 0 })
        {
            Append(EntryKind.Events, _block.Finish());
            _block.Begin();
        }

        _trace?.MarkAppended();
        Decide();
        _trace?.MarkDecided(_state.Stages.Decisions.Count);

        // A partition that is never idle has no other time to do this.
        AppendPersisted();
        var now = _time.GetTimestamp();
        foreach (var (receivedTicks, own) in _taken)
        {
            if (own > 0)
            {
                _counters.Latency?.Observe(_time.GetElapsedTime(receivedTicks, now).TotalSeconds, own);
            }

            // Counted before it is acknowledged, so a client that has the acknowledgement finds the count.
            _counters.AddProcessed(own);
        }

        _taken.Clear();
        _batchEvents = 0;
        PublishBatch();
        _state.Stages.Compact();
        _checkpoints?.Step(_receivedAt);
    }

    /// <summary>Notifies the waiter when everything taken so far is durable, and commits at once.</summary>
    public void NotifyWhenDurable(IEventSource waiter)
    {
        EndBatch();
        _sources.Add((waiter, 0));
        PublishBatch();
        Commit();
    }

    /// <summary>Does the work between batches while no events arrive: idle carts, persisted decisions, commits by age.</summary>
    /// <param name="now">Current event time (ms since 1970 UTC).</param>
    public void RunIdle(long now)
    {
        while (now > _state.Stages.Now && _state.Stages.HasDue(now))
        {
            var step = Math.Min(now, _state.Stages.Now + MaxTickMilliseconds);
            Append(EntryKind.Tick, JournalPayload.Tick(_buffer, step));
            _state.Stages.Tick(step);
            Decide();
            PublishBatch();
        }

        JournalPersisted();
        _state.Stages.Refresh();
        CommitIfDue();
        _state.Stages.Compact();
        _checkpoints?.Step(_receivedAt);
    }

    /// <summary>Makes everything taken so far durable and writes a last checkpoint.</summary>
    /// <param name="timeout">The time limit.</param>
    public void Finish(TimeSpan timeout)
    {
        EndBatch();
        JournalPersisted();
        Commit();
        if (_journal?.WaitUntilDurable(timeout, _time) == true)
        {
            _checkpoints?.Finish(_receivedAt, timeout);
        }
    }

    /// <summary>Starts making checkpoints.</summary>
    /// <param name="checkpoints">Makes the checkpoints.</param>
    /// <param name="receivedAt">When the latest events so far were received.</param>
    internal void Begin(PartitionCheckpoints? checkpoints, long receivedAt)
    {
        _checkpoints = checkpoints;
        _receivedAt = receivedAt;
        AppendDecisions();
        PublishBatch();
        Commit();
    }

    /// <summary>Returns how long the worker may sleep until a commit is due (ms).</summary>
    /// <param name="max">The result if no commit is pending.</param>
    public int UntilCommit(int max)
    {
        if (_uncommittedBytes == 0)
        {
            return max;
        }

        var left = _commitTicks - (_time.GetTimestamp() - _uncommittedSince);
        return (int)Math.Clamp(left * 1000 / _time.TimestampFrequency, 1, max);
    }

    /// <summary>Commits if the appended bytes or their age require it.</summary>
    public void CommitIfDue()
    {
        if (_uncommittedBytes > 0
            && (_uncommittedBytes >= _commitBytes || _time.GetTimestamp() - _uncommittedSince >= _commitTicks))
        {
            Commit();
        }
    }

    /// <summary>Starts a commit of everything appended.</summary>
    public void Commit()
    {
        _uncommittedBytes = 0;
        _journal?.Commit();
    }

    /// <summary>Appends the keys of persisted decisions and queues the batch.</summary>
    public void JournalPersisted()
    {
        if (AppendPersisted())
        {
            PublishBatch();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _checkpoints?.Dispose();
        _journal?.Dispose();
    }

    void OnDurable(long durable)
    {
        try
        {
            _commits.Complete(durable);
        }
#pragma warning disable CA1031 // The device's thread goes on; the partition does not.
        catch (Exception e)
#pragma warning restore CA1031
        {
            OnFault?.Invoke(e);
        }
    }

    void Decide()
    {
        _state.Stages.Decide();
        AppendDecisions();
    }

    void AppendDecisions()
    {
        var decisions = _state.Stages.Decisions;
        if (decisions.Count == 0)
        {
            return;
        }

        foreach (var decision in decisions)
        {
            _state.Outbox.Add(decision);
        }

        for (var from = 0; _journal is not null && from < decisions.Count;)
        {
            Append(EntryKind.Decisions, JournalPayload.Decisions(_buffer, decisions, ref from, _journal.MaxPayload));
        }
    }

    bool AppendPersisted()
    {
        var any = false;
        for (; ; any = true)
        {
            _state.Outbox.TakePersisted(_persisted, JournalPayload.MaxPersisted);
            if (_persisted.Count == 0)
            {
                return any;
            }

            Append(EntryKind.Persisted, JournalPayload.Persisted(_buffer, _persisted));
            _persisted.Clear();
        }
    }

    void PublishBatch()
    {
        _commits.Add(_journal?.Tail ?? 0, _sources, _state.Stages.Decisions, _state.Stages.CustomerEvents, _trace);
        _trace = null;
        _counters.Trace = null;
        if (_journal is null)
        {
            _commits.Complete(long.MaxValue);
        }
        else
        {
            // A batch of duplicates only waits for the commit of the events it repeats, which may be done already.
            _commits.Complete(_journal.Durable);
            CommitIfDue();
        }
    }

    void Append(EntryKind kind, ReadOnlySpan<byte> payload)
    {
        if (_journal is null)
        {
            return;
        }

        _journal.Append(kind, payload);
        if (_uncommittedBytes == 0)
        {
            _uncommittedSince = _time.GetTimestamp();
        }

        _uncommittedBytes += payload.Length;
    }
}
