using CartRecovery.Engine.Events.Clocks;
using CartRecovery.Engine.Events.Slabs;
using CartRecovery.Engine.Journal;
using CartRecovery.Engine.Journal.Tail;
using CartRecovery.Engine.Pipeline.Batches;
using CartRecovery.Engine.Pipeline.Erasure;
using CartRecovery.Engine.Pipeline.Recovery;
using CartRecovery.Engine.Pipeline.Timing;
using CartRecovery.Engine.State;
using CartRecovery.Engine.State.Carts;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Pipeline;

/// <summary>
/// Owns one inbox, one journal and one set of stores. A cart belongs to exactly one partition, and a partition is served by one worker, so a
/// cart has one writer and one order of events.
/// </summary>
public sealed partial class Partition : IDisposable
{
    readonly SlabPool _slabs;
    readonly TimeProvider _time;
    readonly Watermark _watermark;
    readonly ClockMonitor _monitor;
    readonly int _batchRows;
    readonly TimeSpan _maxAge;
    readonly PartitionRecovery _recovery;
    readonly int _partitions;
    PartitionState? _state;
    PartitionProcessor? _work;
    PartitionJournal? _journal;
    PartitionCheckpoints? _checkpoints;
    PartitionClock? _clock;
    PartitionEraser? _eraser;
    Handover _handover = new();
    long _receivedAt;
    long _journalFrom;

    /// <summary>Creates a partition. <see cref="Recover"/> restores its state; its worker serves it.</summary>
    /// <param name="index">The partition's number, from 0.</param>
    /// <param name="options">Options shared by all partitions.</param>
    /// <param name="slabs">Receives used slabs.</param>
    /// <param name="time">The clock.</param>
    /// <param name="watermark">Event time over all sources.</param>
    /// <param name="clock">Detects jumps of the clock.</param>
    /// <param name="maxAge">How long an event may wait for its batch to fill.</param>
    /// <param name="inboxCapacity">Maximum number of slabs in the inbox.</param>
    /// <param name="readers">Closed while the inbox is nearly full.</param>
    /// <param name="signal">The worker's signal.</param>
    /// <param name="partitions">Number of partitions.</param>
    public Partition(
        int index, PipelineOptions options, SlabPool slabs, TimeProvider time, Watermark watermark, ClockMonitor clock, TimeSpan maxAge,
        int inboxCapacity, InboxGate readers, WorkerSignal signal, int partitions = 1)
    {
        _monitor = clock;
        _slabs = slabs;
        _time = time;
        _watermark = watermark;
        _batchRows = options.BatchRows;
        _maxAge = maxAge;
        Inbox = new PartitionInbox(inboxCapacity, readers) { Signal = signal };
        Tail = new JournalTail(options.Journal?.CursorFile(index));
        _partitions = partitions;
        _recovery = new PartitionRecovery(index, options, slabs, Counters, Tail);
    }

    /// <summary>The queue of slabs and requests.</summary>
    public PartitionInbox Inbox { get; }

    /// <summary>The committed entries of its journal, for readers.</summary>
    public JournalTail Tail { get; }

    /// <summary>Erases people from it. Available after <see cref="Recover"/>.</summary>
    public PartitionEraser Eraser => _eraser ?? throw new InvalidOperationException("the partition is not recovered");

    /// <summary>The partition's counters.</summary>
    public PartitionCounters Counters { get; } = new();

    /// <summary>The exception that the partition failed with; null if it did not.</summary>
    public Exception? Fault { get; private set; }

    /// <summary>Called when the partition fails, on the thread that failed: the worker's or the journal's.</summary>
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

    /// <summary>What a stop left undone, and why; null if nothing.</summary>
    public string? StopProblem { get; private set; }

    /// <summary>Why its journal or its records cannot be written; null if they can.</summary>
    internal string? DiskProblem => StoreProblem ?? JournalProblem;

    /// <summary>Whether <see cref="Recover"/> was called.</summary>
    internal bool IsRecovered => _work is not null;

    /// <summary>
    /// Recovers the state from the newest checkpoint and the journal; empty without a journal. Call before its worker starts.
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
        _clock = new PartitionClock(_state.Stages.Clock, _monitor, _watermark, _time);
        _handover = recovered.Handover;
        _receivedAt = recovered.ReceivedAt;
        _eraser = new PartitionEraser(_recovery.Index, _partitions, Inbox, _state.Stages.Stores, _recovery.Options, Tail);
        _watermark.Restore(_state.Stages.Now, _receivedAt);
        return recovered.Report;
    }

    /// <summary>Looks up a cart after everything enqueued before this call.</summary>
    public async Task<CartRecord?> FindAsync(Hash128 cart, CancellationToken cancellationToken)
    {
        var lookup = new CartLookup(cart);
        await Inbox.EnqueueAsync(lookup, cancellationToken);
        return await lookup.Result.Task.WaitAsync(cancellationToken);
    }

    /// <summary>Visits a sample of the carts in memory, on the worker, some hundred records at a time. Events are processed in between.</summary>
    /// <param name="sample">The sample; new.</param>
    /// <param name="visit">Receives the carts; one that changes meanwhile, perhaps twice.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async Task SampleAsync(RecordSample sample, CartVisitor visit, CancellationToken cancellationToken)
    {
        while (!sample.IsDone)
        {
            var step = new CartSample(sample, visit);
            await Inbox.EnqueueAsync(step, cancellationToken);
            await step.Result.Task.WaitAsync(cancellationToken);
        }
    }

    /// <summary>Completes once everything enqueued before this call is durable.</summary>
    public async Task FlushAsync(CancellationToken cancellationToken)
    {
        var flush = new Flush();
        await Inbox.EnqueueAsync(flush, cancellationToken);
        await flush.Done.Task.WaitAsync(cancellationToken);
    }

    /// <summary>
    /// Frees the window that a decision took, because nobody saw its offer. Without room in the inbox, and after a crash before it is journaled, the window stays
    /// taken. Does not block. Any thread.
    /// </summary>
    /// <param name="cart">The cart's key.</param>
    /// <param name="at">The decision's time, in event time.</param>
    /// <param name="campaign">The campaign's name.</param>
    public void ReleaseWindow(in Hash128 cart, long at, string campaign) => Inbox.TryEnqueue(new WindowOfOffer(cart, at, campaign));

    /// <summary>
    /// Ends every wait for the disk, because the worker did not stop in time. What the partition still holds was not acknowledged, and the
    /// journal has everything else.
    /// </summary>
    /// <param name="reason">Why, if the cause is not the partition's own.</param>
    internal void Abandon(string reason)
    {
        StopProblem = $"partition {_recovery.Index}: {Inbox.Depth} batches of events were not processed, and no checkpoint was made "
            + $"({DiskProblem ?? reason}). Their events were not acknowledged; the next start recovers from the last checkpoint and the journal";
        _journal?.Close();
        Tail.Close();
        _state?.Stages.Stores.GiveUp();
    }

    /// <summary>Frees the state. The worker has ended.</summary>
    public void Dispose()
    {
        _work?.Dispose();
        _state?.Dispose();
    }

    sealed class CartLookup(Hash128 cart)
    {
        public Hash128 Cart { get; } = cart;

        public TaskCompletionSource<CartRecord?> Result { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    sealed record WindowOfOffer(Hash128 Cart, long At, string Campaign);

    sealed class Flush : IEventSource
    {
        public TaskCompletionSource Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public long ConnectionId => 0;

        public ulong Network => 0;

        public void OnProcessed(int partition, long upTo) => Done.TrySetResult();

        public void OnForeign(EventSlab slab, in SourceRun run, int first)
        {
        }
    }
}
