using System.Buffers.Binary;
using CartRecovery.Engine.Decisions;
using CartRecovery.Engine.Journal;
using CartRecovery.Engine.Journal.Tail;
using CartRecovery.Engine.Pipeline.Timing;
using CartRecovery.Engine.State;

namespace CartRecovery.Engine.Pipeline.Recovery;

/// <summary>
/// Makes a partition's checkpoints. The worker starts one between two batches: the stores shift to their next version and the small parts
/// are copied. The files are written beside the worker, and the checkpoint counts once it and the journal before it are durable. Then the
/// journal is truncated up to what checkpoints or retention still need.
/// </summary>
sealed class PartitionCheckpoints : IDisposable
{
    const string Carts = "carts";
    const string Customers = "customers";
    const string Timers = "timers";
    const string Ids = "dedup";
    const string LegacyOutbox = "outbox";
    const string Position = "position";

    readonly PartitionState _state;
    readonly PartitionJournal _journal;
    readonly JournalTail _tail;
    readonly JournalOptions _options;
    readonly JournalRetention _retention;
    readonly CheckpointFolder _folder;
    readonly PartitionCounters _counters;
    readonly TimeProvider _time;
    readonly string _stores;
    CheckpointInProgress? _current;
    Task? _writing;
    long _begunAt;
    long _lastTail;
    TaskCompletionSource? _only;

    /// <param name="state">The state to copy.</param>
    /// <param name="journal">The partition's journal.</param>
    /// <param name="tail">Knows what readers still need.</param>
    /// <param name="options">The interval and the number of checkpoints kept.</param>
    /// <param name="retention">How much of the journal to keep before the checkpoints.</param>
    /// <param name="folder">The folder of the checkpoints.</param>
    /// <param name="stores">The folder of the stores' logs; checkpoints depend on it.</param>
    /// <param name="counters">The partition's counters.</param>
    /// <param name="time">The clock.</param>
    /// <param name="isBehind"><see langword="true"/> if the newest checkpoint lags the journal, so that one is due before anything
    /// changes.</param>
    public PartitionCheckpoints(
        PartitionState state, PartitionJournal journal, JournalTail tail, JournalOptions options, JournalRetention retention,
        CheckpointFolder folder, string stores, PartitionCounters counters, TimeProvider time, bool isBehind)
    {
        _state = state;
        _journal = journal;
        _tail = tail;
        _options = options;
        _retention = retention;
        _folder = folder;
        _stores = stores;
        _counters = counters;
        _time = time;
        _begunAt = time.GetTimestamp();
        _lastTail = isBehind ? -1 : journal.TailAddress;
    }

    /// <summary>Why the last checkpoint failed; null if it did not.</summary>
    public string? Problem { get; private set; }

    /// <summary><see langword="true"/> while a checkpoint is being made.</summary>
    public bool IsBusy => _current is not null;

    /// <summary><see langword="true"/> while the checkpoint waits for its own files, not for the journal or the worker.</summary>
    internal bool IsWriting => _current is { } current && !(_writing?.IsCompleted ?? (current.Carts.IsWritten && current.Customers.IsWritten));

    /// <summary>
    /// Starts a checkpoint if one is due and something changed; otherwise continues the current one. On the worker, between two batches.
    /// </summary>
    /// <param name="receivedAt">When the latest events were received (ms since 1970 UTC).</param>
    /// <returns><see langword="true"/> if it has started one.</returns>
    public bool Step(long receivedAt)
    {
        if (_current is not null)
        {
            Refresh();
        }
        else if (_only is not null || _time.GetElapsedTime(_begunAt) >= _options.CheckpointInterval)
        {
            _begunAt = _time.GetTimestamp();
            if (_only is not null || _journal.TailAddress != _lastTail)
            {
                Begin(receivedAt);
                return _current is not null;
            }
        }

        return false;
    }

    /// <summary>
    /// Asks for a checkpoint that begins after this call and replaces all earlier ones. On the worker.
    /// </summary>
    /// <returns>Completes once it counts and the others are deleted; fails if that fails.</returns>
    public Task MakeOnly()
    {
        _only ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        return _only.Task;
    }

    /// <summary>
    /// Takes the next step of a last checkpoint, when the engine stops, if anything has changed since the one before. On the worker.
    /// </summary>
    /// <param name="receivedAt">When the latest events were received (ms since 1970 UTC).</param>
    /// <returns><see langword="true"/> once nothing is left to do.</returns>
    public bool TryFinish(long receivedAt)
    {
        if (_current is not null)
        {
            Refresh();
        }

        if (_current is null && _journal.TailAddress != _lastTail && Problem is null)
        {
            Begin(receivedAt);
        }

        return _current is null;
    }

    /// <summary>Restores a checkpoint's parts other than the stores.</summary>
    /// <param name="checkpoint">The checkpoint.</param>
    /// <param name="state">The state to restore.</param>
    /// <param name="handover">Receives the outbox of a checkpoint of format 3.</param>
    /// <returns>The number of the next journal entry, and when the latest events were received.</returns>
    /// <exception cref="InvalidDataException">A part is invalid.</exception>
    /// <exception cref="IOException">A part cannot be read.</exception>
    public static (long Sequence, long ReceivedAt) Restore(Checkpoint checkpoint, PartitionState state, Handover handover)
    {
        using (var timers = checkpoint.Open(Timers))
        {
            state.Stages.ReadTimers(timers);
        }

        using (var ids = checkpoint.Open(Ids))
        {
            state.Dedup.ReadFrom(ids);
        }

        var outbox = Path.Combine(checkpoint.Path, LegacyOutbox);
        if (File.Exists(outbox))
        {
            handover.Add(LegacyDecisions.Read(File.ReadAllBytes(outbox)));
        }

        return ReadPosition(checkpoint);
    }

    /// <summary>Reads a checkpoint's clock, and when its latest events were received (ms since 1970 UTC).</summary>
    /// <exception cref="IOException">The checkpoint cannot be read.</exception>
    public static (long Now, long ReceivedAt) ReadClock(Checkpoint checkpoint)
    {
        Span<byte> now = stackalloc byte[sizeof(long)];
        using var timers = checkpoint.Open(Timers);
        timers.ReadExactly(now);
        return (BinaryPrimitives.ReadInt64LittleEndian(now), ReadPosition(checkpoint).ReceivedAt);
    }

    /// <summary>Returns the folder of a checkpoint's carts.</summary>
    public static string CartsOf(string checkpoint) => Path.Combine(checkpoint, Carts);

    /// <summary>Returns the folder of a checkpoint's customers.</summary>
    public static string CustomersOf(string checkpoint) => Path.Combine(checkpoint, Customers);

    /// <inheritdoc/>
    public void Dispose()
    {
        _writing?.ContinueWith(_ => { }, TaskScheduler.Default).Wait();
        _current?.Dispose();
        _current?.Only?.TrySetCanceled();
        _only?.TrySetCanceled();
    }

    static (long Sequence, long ReceivedAt) ReadPosition(Checkpoint checkpoint)
    {
        Span<byte> position = stackalloc byte[2 * sizeof(long)];
        using var file = checkpoint.Open(Position);
        file.ReadExactly(position);
        return (BinaryPrimitives.ReadInt64LittleEndian(position), BinaryPrimitives.ReadInt64LittleEndian(position[8..]));
    }

    void Begin(long receivedAt)
    {
        var started = _time.GetTimestamp();
        CheckpointDraft? draft = null;
        try
        {
            var address = _journal.TailAddress;
            draft = _folder.Begin(address);
            var position = new byte[2 * sizeof(long)];
            BinaryPrimitives.WriteInt64LittleEndian(position, _journal.NextSequence);
            BinaryPrimitives.WriteInt64LittleEndian(position.AsSpan(8), receivedAt);
            var (carts, customers) = _state.Stages.BeginCheckpoint(
                Path.Combine(draft.Path, Carts), Path.Combine(draft.Path, Customers), address);
            _current = new CheckpointInProgress(
                draft, address, carts, customers, _state.Stages.SnapshotTimers(), _state.Dedup.Snapshot(), position, _only);
            _only = null;
            _lastTail = address;
            _journal.Commit();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            draft?.Dispose();
            Failed(e);
            _only?.TrySetException(e);
            _only = null;
        }

        _counters.SetCheckpointStall(_time.GetElapsedTime(started));
    }

    void Refresh()
    {
        _state.Stages.Refresh();
        if (_writing is null)
        {
            if (_current!.Carts.IsWritten && _current.Customers.IsWritten && _journal.Durable >= _current.Address)
            {
                var current = _current;
                _writing = Task.Run(() => Write(current));
            }
        }
        else if (_writing.IsCompleted)
        {
            var only = _current!.Only;
            _current.Dispose();
            _current = null;
            if (_writing.Exception is { } failure)
            {
                Failed(failure.InnerException!);
                only?.TrySetException(failure.InnerException!);
            }
            else
            {
                Problem = null;
                _counters.AddCheckpoint(_time.GetElapsedTime(_begunAt));
                _journal.TruncateUntil(_retention.Until(_folder.OldestJournalAddress() ?? 0, _tail.NeededFrom));
                _state.Stages.Stores.Release(_folder.Kept);
                only?.TrySetResult();
            }

            _writing = null;
        }
    }

    void Write(CheckpointInProgress current)
    {
        current.Carts.Save();
        current.Customers.Save();
        current.Draft.Write(Timers, stream => current.Timers.WriteTo(stream));
        current.Draft.Write(Ids, stream => current.Ids.WriteTo(stream));
        current.Draft.Write(Position, stream => stream.Write(current.Position.Span));
        var checkpoint = current.Draft.Keep(_stores);
        if (current.Only is not null)
        {
            _folder.KeepOnly(checkpoint);
        }

        _tail.Save();
    }

    void Failed(Exception e)
    {
        Problem = e.Message;
        _counters.AddCheckpointFailure();
    }

    sealed record CheckpointInProgress(
        CheckpointDraft Draft, long Address, StoreCheckpoint Carts, StoreCheckpoint Customers, TimersSnapshot Timers, DedupSnapshot Ids,
        ReadOnlyMemory<byte> Position, TaskCompletionSource? Only) : IDisposable
    {
        public void Dispose()
        {
            Ids.Dispose();
            Draft.Dispose();
        }
    }
}
