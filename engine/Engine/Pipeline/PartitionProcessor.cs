using System.Buffers;
using CartRecovery.Engine.Events;
using CartRecovery.Engine.Journal;
using CartRecovery.Engine.Telemetry;

namespace CartRecovery.Engine.Pipeline;

/// <summary>
/// What a partition's worker does, without its thread. A turn: slabs are taken, their duplicates marked, the rest encoded for the journal and
/// folded; at its end the block is appended, everything in it decided on, and the decisions appended behind it. Sources are told, and
/// decisions delivered, when a commit has made the turn durable; without a journal, at once.
/// </summary>
public sealed class PartitionProcessor : IDisposable
{
    // A turn's bounds: a block must fit in the journal's page, and the sources of a partition that never runs dry be answered.
    const int MaxBatchEvents = 4096;
    const int MaxBatchBytes = 1 << 20;

    // Event time moves on in steps when nothing comes in, so that a turn has not to decide on hours of idle carts at once.
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

    /// <summary>Makes the work of a partition.</summary>
    /// <param name="index">The partition's number.</param>
    /// <param name="options">What all partitions share.</param>
    /// <param name="state">What the work changes.</param>
    /// <param name="counters">What is counted.</param>
    /// <param name="journal">What makes it durable; null for none.</param>
    /// <param name="time">The clocks.</param>
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

    /// <summary>Why the last checkpoint could not be made; null while all is well.</summary>
    public string? CheckpointProblem => _checkpoints?.Problem;

    /// <summary>Called when telling of a commit failed, on the thread that told.</summary>
    public Action<Exception>? OnFault { get; init; }

    /// <summary>What the turn holds so far.</summary>
    public int BatchEvents => _batchEvents;

    /// <summary>The turn has slabs in it.</summary>
    public bool HasBatch => _sources.Count > 0 || _taken.Count > 0;

    /// <summary>When the oldest slab of the turn was received, in ticks of the monotonic clock.</summary>
    public long OldestTicks => _oldestTicks;

    /// <summary>Turns that wait for their commit.</summary>
    public int Uncommitted => _commits.Depth;

    /// <summary>Takes a slab in. It may be reused afterwards.</summary>
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

    /// <summary>Ends the turn: what it holds is appended, decided on, and told when it is durable.</summary>
    public void EndBatch()
    {
        if (!HasBatch)
        {
            return;
        }

        _trace?.Folded(_batchEvents);
        if (_block is { Count: > 0 })
        {
            Append(EntryKind.Events, _block.Finish());
            _block.Begin();
        }

        _trace?.Appended();
        Decide();
        _trace?.Decided(_state.Stages.Decisions.Count);

        // A partition that never runs dry has no other time for it.
        AppendPersisted();
        var now = _time.GetTimestamp();
        foreach (var (receivedTicks, own) in _taken)
        {
            if (own > 0)
            {
                _counters.Latency?.Observe(_time.GetElapsedTime(receivedTicks, now).TotalSeconds, own);
            }

            // Counted before it is acknowledged: who has the acknowledgement finds the count.
            _counters.AddProcessed(own);
        }

        _taken.Clear();
        _batchEvents = 0;
        HandOver();
        _checkpoints?.Step(_receivedAt);
    }

    /// <summary>Tells someone when everything that was taken before is durable, and commits at once.</summary>
    public void TellWhenDurable(IEventSource waiter)
    {
        EndBatch();
        _sources.Add((waiter, 0));
        HandOver();
        Commit();
    }

    /// <summary>What is to be done between turns when nothing comes in: idle carts, deliveries that ended, commits by age.</summary>
    /// <param name="now">Event time by now: milliseconds since 1970 UTC.</param>
    public void Rest(long now)
    {
        while (now > _state.Stages.Now && _state.Stages.HasDue(now))
        {
            var step = Math.Min(now, _state.Stages.Now + MaxTickMilliseconds);
            Append(EntryKind.Tick, JournalPayload.Tick(_buffer, step));
            _state.Stages.Tick(step);
            Decide();
            HandOver();
        }

        JournalPersisted();
        _state.Stages.Refresh();
        CommitIfDue();
        _checkpoints?.Step(_receivedAt);
    }

    /// <summary>Ends the work: what was taken is made durable, and a last checkpoint is made.</summary>
    /// <param name="atMost">How long that may take.</param>
    public void Finish(TimeSpan atMost)
    {
        EndBatch();
        JournalPersisted();
        Commit();
        if (_journal?.WaitUntilDurable(atMost, _time) == true)
        {
            _checkpoints?.Finish(_receivedAt, atMost);
        }
    }

    /// <summary>From here on checkpoints are made.</summary>
    /// <param name="checkpoints">Who makes them.</param>
    /// <param name="receivedAt">When the latest events were received, so far.</param>
    internal void Begin(PartitionCheckpoints? checkpoints, long receivedAt)
    {
        _checkpoints = checkpoints;
        _receivedAt = receivedAt;
        AppendDecisions();
        HandOver();
        Commit();
    }

    /// <summary>How long the worker may sleep until a commit is due, in milliseconds.</summary>
    /// <param name="atMost">If none is.</param>
    public int UntilCommit(int atMost)
    {
        if (_uncommittedBytes == 0)
        {
            return atMost;
        }

        var left = _commitTicks - (_time.GetTimestamp() - _uncommittedSince);
        return (int)Math.Clamp(left * 1000 / _time.TimestampFrequency, 1, atMost);
    }

    /// <summary>Begins the commit that is due by size or age.</summary>
    public void CommitIfDue()
    {
        if (_uncommittedBytes > 0
            && (_uncommittedBytes >= _commitBytes || _time.GetTimestamp() - _uncommittedSince >= _commitTicks))
        {
            Commit();
        }
    }

    /// <summary>Begins to commit what was appended.</summary>
    public void Commit()
    {
        _uncommittedBytes = 0;
        _journal?.Commit();
    }

    /// <summary>Appends the ends of deliveries, and hands over.</summary>
    public void JournalPersisted()
    {
        if (AppendPersisted())
        {
            HandOver();
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

        for (var from = 0; from < decisions.Count; from += JournalPayload.MaxDecisions)
        {
            Append(EntryKind.Decisions, JournalPayload.Decisions(_buffer, decisions, from));
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

    void HandOver()
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
            // A turn of duplicates alone waits for the commit of what it repeats, which may be done.
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
