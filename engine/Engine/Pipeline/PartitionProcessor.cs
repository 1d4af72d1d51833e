using System.Buffers;
using CartRecovery.Engine.Events.Slabs;
using CartRecovery.Engine.Journal;
using CartRecovery.Engine.Journal.Tail;
using CartRecovery.Engine.Pipeline.Commit;
using CartRecovery.Engine.Pipeline.Recovery;
using CartRecovery.Engine.Telemetry;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Pipeline;

/// <summary>
/// Does the work of a partition's thread. A commit batch takes slabs, marks their duplicates, encodes the other events for the journal and
/// folds them; at its end it appends the block, decides on it, and appends the decisions and customer events. Once the commit is durable,
/// the journal's readers get them and sources are acknowledged; without a journal, at once.
/// </summary>
public sealed partial class PartitionProcessor : IDisposable
{
    // A block must fit in a journal page, and the sources of a partition that is never idle must be acknowledged too.
    const int MaxBatchEvents = 4096;
    const int MaxBatchBytes = 1 << 20;

    readonly TimeProvider _time;
    readonly PartitionState _state;
    readonly PartitionCounters _counters;
    readonly PartitionJournal? _journal;
    readonly PartitionOutput _output;
    readonly EventBlockWriter? _block;
    readonly CommitQueue _commits;
    readonly List<(IEventSource Source, long UpTo)> _sources = [];
    readonly List<(long ReceivedTicks, int Own)> _taken = [];
    readonly ArrayBufferWriter<byte> _buffer = new(64);
    readonly CommitBatchSampler? _traces;
    readonly EventSealer? _sealer;
    CommitBatchTrace? _trace;
    PartitionCheckpoints? _checkpoints;
    PartitionFinish? _finish;
    long _receivedAt;
    int _batchEvents;
    long _oldestTicks;

    /// <summary>Creates a partition's processor.</summary>
    /// <param name="index">The partition's number.</param>
    /// <param name="options">Options shared by all partitions.</param>
    /// <param name="state">The state to process events into.</param>
    /// <param name="counters">The partition's counters.</param>
    /// <param name="journal">Makes the state durable; null without a journal.</param>
    /// <param name="tail">Makes decisions and customer events available to readers.</param>
    /// <param name="time">The clock.</param>
    public PartitionProcessor(
        int index, PipelineOptions options, PartitionState state, PartitionCounters counters, PartitionJournal? journal, JournalTail tail, TimeProvider time)
    {
        _time = time;
        _state = state;
        _counters = counters;
        _journal = journal;
        _output = new PartitionOutput(journal, options.Journal, tail, time);
        _commits = new CommitQueue(index);
        _traces = options.TraceEvery is { } every ? new CommitBatchSampler(index, every, time) : null;
        _sealer = options.Keys is { } keys ? new EventSealer(keys) : null;
        if (journal is not null)
        {
            _block = new EventBlockWriter(options.Journal!.Stores, options.Journal.Compress);
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
        TakeCampaigns();
        if (_block is not null && _batchEvents > 0
            && (_batchEvents + slab.Count > MaxBatchEvents || _block.RowsLength + slab.TextLength > MaxBatchBytes))
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
        if (_state.Dedup.MarkDuplicates(slab) is var duplicates and not 0)
        {
            _counters.AddDuplicates(duplicates);
            slab.ReportDuplicates();
        }

        if (slab.HasPersonalData)
        {
            _sealer?.Seal(slab);
        }

        // Before the block, because the journal says which events were foreign.
        var own = _state.Stages.Process(slab);
        _block?.Add(slab);
        _taken.Add((slab.ReceivedTicks, own));
        _batchEvents += slab.Count;
        foreach (ref readonly var run in slab.Runs)
        {
            if (run.Source is not null)
            {
                _sources.Add((run.Source, run.UpTo));
            }
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
        if (_sealer is { Taken: { Count: > 0 } taken })
        {
            _output.Append(EntryKind.PersonKeys, taken);
        }

        if (_block is { Count: > 0 })
        {
            _output.Append(EntryKind.Events, _block.Finish());
            _block.Begin();
        }

        _trace?.MarkAppended();
        _state.Stages.Decide();
        _trace?.MarkDecided(_state.Stages.Decisions.Count);
        AppendOutputs();
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
        StepErasure();
        StepCheckpoint();
    }

    /// <summary>Frees the window of a decision whose offer nobody saw, and journals it.</summary>
    /// <param name="cart">The cart's key.</param>
    /// <param name="at">The decision's time, in event time.</param>
    /// <param name="campaign">The campaign's name.</param>
    internal void Release(in Hash128 cart, long at, string campaign)
    {
        EndBatch();
        var window = new WindowRelease(cart, at, _state.Stages.Campaigns.PlaceOf(campaign) is { } place ? (byte)_state.Stages.Campaigns.NumberOf(place) : WindowRelease.NoNumber);
        if (_journal is not null)
        {
            _output.Append(EntryKind.WindowRelease, window.WriteTo(_buffer));
        }

        _state.Stages.Release(window);
        PublishBatch();
    }

    /// <summary>Notifies the waiter when everything taken so far is durable, and commits at once.</summary>
    public void NotifyWhenDurable(IEventSource waiter)
    {
        EndBatch();
        _sources.Add((waiter, 0));
        PublishBatch();
        Commit();
    }

    /// <summary>Does the work between batches while no events arrive: idle carts, commits by age.</summary>
    /// <param name="now">Current time (ms since 1970 UTC).</param>
    public void RunIdle(long now)
    {
        TakeCampaigns();
        while (_state.Stages.TryNextTick(now, out var step))
        {
            if (_journal is not null)
            {
                _output.Append(EntryKind.Tick, JournalPayload.Tick(_buffer, step));
            }

            _state.Stages.Tick(step);
            _state.Stages.Decide();
            AppendOutputs();
            PublishBatch();
        }

        _state.Stages.Refresh();
        _output.CommitIfDue();
        _state.Stages.Compact();
        StepErasure();
        StepCheckpoint();
    }

    /// <summary>Makes everything taken so far durable, then writes a last checkpoint, in steps. Nothing is taken meanwhile.</summary>
    /// <param name="timeout">The limit for the commit, and again for the checkpoint.</param>
    /// <returns><see langword="true"/> once nothing is left to do, or the time is over.</returns>
    public bool TryFinish(TimeSpan timeout)
    {
        EndBatch();
        _finish ??= new PartitionFinish(_journal, _checkpoints, _receivedAt, timeout, _time);
        return _finish.Step();
    }

    /// <summary>Starts making checkpoints.</summary>
    /// <param name="checkpoints">Makes the checkpoints.</param>
    /// <param name="handover">What readers must still be given of an earlier format.</param>
    /// <param name="receivedAt">When the latest events so far were received.</param>
    internal void Begin(PartitionCheckpoints? checkpoints, Handover handover, long receivedAt)
    {
        _checkpoints = checkpoints;
        _receivedAt = receivedAt;
        AppendOutputs();
        _output.Append(EntryKind.UndeliveredDecisions, handover.Decisions);
        handover.Entries.ForEach(entry => _output.Append(entry.Kind, entry.Payload));
        _state.Stages.TakeCampaigns();
        AppendCampaigns();
        PublishBatch();
        Commit();
    }

    /// <summary>Returns how long the worker may sleep until a commit or the next step of an erasure is due (ms).</summary>
    /// <param name="max">The result if there is neither.</param>
    public int UntilCommit(int max) => _output.UntilCommit(_erasure is null ? max : 1);

    /// <summary>Starts a commit of everything appended.</summary>
    public void Commit() => _output.Commit();

    /// <inheritdoc/>
    public void Dispose()
    {
        _erasure?.Fail(new OperationCanceledException("the engine stops"));
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

    // A batch is decided under one set of campaigns, and the journal says which.
    void TakeCampaigns()
    {
        if (_state.Stages.HasNewCampaigns)
        {
            EndBatch();
            _state.Stages.TakeCampaigns();
            AppendCampaigns();
            PublishBatch();
        }
    }

    void AppendCampaigns()
    {
        if (_journal is not null && _state.Stages.Campaigns.Record is { IsEmpty: false } record)
        {
            _output.Append(EntryKind.Configuration, record.Span);
        }
    }

    // The journal before a checkpoint may be deleted, so what is in force is recorded after it again.
    void StepCheckpoint()
    {
        if (_checkpoints?.Step(_receivedAt) == true)
        {
            AppendCampaigns();
        }
    }

    // Appends what the stages gave for the journal's readers: decisions first, because they were made without the batch's customer events.
    void AppendOutputs()
    {
        var decisions = _state.Stages.Decisions;
        _output.Append(EntryKind.Decisions, decisions);
        decisions.Clear();
        _output.Append(EntryKind.CustomerEvents, _state.Stages.CustomerEvents);
    }

    void PublishBatch()
    {
        _commits.Add(_journal?.TailAddress ?? 0, _sources, _trace);
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
            _output.CommitIfDue();
        }
    }
}
