using CartRecovery.Primitives;
using FASTER.core;

namespace CartRecovery.Engine.State;

/// <summary>Decides whether compaction drops a record.</summary>
delegate bool RecordFilter<TRecord>(in TRecord record);

/// <content>The store's files: checkpoints, recovery and compaction.</content>
public sealed partial class RecordStore<TRecord, TInput, TUpdate>
{
    // The first address of a log.
    const long FirstAddress = 64;

    // With a single session, a version shift takes only a few steps.
    const int MaxShiftSteps = 1000;

    /// <summary>
    /// Begins a checkpoint of all records in their current state. Later changes go to copies until the checkpoint is written; writing
    /// continues beside the worker.
    /// </summary>
    /// <param name="folder">The target folder; created if missing.</param>
    /// <param name="serialNumber">The later value of <see cref="RecoveredSerialNumber"/>: the position in the journal.</param>
    /// <exception cref="InvalidOperationException">Another checkpoint is being written.</exception>
    /// <exception cref="IOException">The folder cannot be created, or older records are lost.</exception>
    public StoreCheckpoint BeginCheckpoint(string folder, long serialNumber)
    {
        if (_checkpoint is not null)
        {
            throw new InvalidOperationException("another checkpoint is being written; wait for it to complete");
        }

        ThrowIfFailed();
        Directory.CreateDirectory(folder);
        var version = _store.SystemState.Version;
        var checkpoint = new StoreCheckpoint(folder, _layout with { SerialNumber = serialNumber }, _device);
        checkpoint.Log.BeforeWrite = BeforeSnapshotWrite;
        _checkpoint = _checkpoints.Current = checkpoint;
        if (!_store.TryInitiateFullCheckpoint(out var token, CheckpointType.Snapshot))
        {
            throw new InvalidOperationException("FASTER is busy with a checkpoint");
        }

        checkpoint.Token = token;
        for (var step = 0; _store.SystemState.Version == version; step++)
        {
            if (step == MaxShiftSteps)
            {
                throw new InvalidOperationException("FASTER did not reach its next version");
            }

            _session.Refresh();
        }

        Refresh();
        return checkpoint;
    }

    /// <summary>
    /// Returns the first address of the log that a checkpoint needs; null if the checkpoint holds records of an earlier shape.
    /// </summary>
    /// <param name="checkpoint">The folder of the checkpoint.</param>
    /// <exception cref="IOException">The checkpoint cannot be read.</exception>
    /// <exception cref="InvalidDataException">The checkpoint is invalid.</exception>
    public long? NeededBy(string checkpoint) => StoreLayout.Read(checkpoint, _layout.Shape).Shape == _layout.Shape
        ? StoreCheckpoints.Parse(File.ReadAllBytes(Path.Combine(checkpoint, "log.info"))).beginAddress : null;

    /// <summary>Deletes the log's files before an address.</summary>
    /// <exception cref="IOException">A file cannot be deleted.</exception>
    public void Release(long before) => _device.Release((int)(before >> _layout.SegmentBits));

    /// <summary>
    /// Ends the retries of writes that fail, so that an operation that waits for memory ends. The store can then not be checkpointed: what it
    /// held is in the journal. Any thread.
    /// </summary>
    public void GiveUp() => _device.GiveUp();

    /// <summary>
    /// Does a step of compaction if one is due: copies the current records at the log's begin to its tail, except those to drop, and moves
    /// the begin behind them. Only on the worker, outside <see cref="Enter"/>.
    /// </summary>
    /// <param name="drop">Which records to drop; null for none. A record that it drops must already count as missing.</param>
    /// <exception cref="IOException">The records cannot be read.</exception>
    internal void Compact(RecordFilter<TRecord>? drop)
    {
        var log = _store.Log;
        if (_checkpoint is not null || _compaction.Step(log.BeginAddress, log.HeadAddress, log.TailAddress) is not (> 0 and var until)
            || _store.SystemState.Phase != Phase.REST)
        {
            return;
        }

        var (input, output, tail) = (default(TInput), _target, log.TailAddress);
        _session.Compact(ref input, ref output, until, CompactionType.Lookup, new DroppedRecords(drop));
        ThrowIfFailed();
        _compaction.Moved(log.BeginAddress, log.TailAddress, log.TailAddress - tail);
        if (!_keep)
        {
            Release(log.BeginAddress);
        }
    }

    void Recover(string file, string checkpoint)
    {
        var info = StoreCheckpoints.Parse(File.ReadAllBytes(Path.Combine(checkpoint, "log.info")));
        if (info.flushedLogicalAddress > Math.Max(info.beginAddress, FirstAddress)
            && StoreDevice.FindGap(file, _layout.SegmentBits, info.beginAddress, info.flushedLogicalAddress) is { } gap)
        {
            throw new IOException($"{file} lacks the records from {gap} on, but {checkpoint} needs them up to {info.flushedLogicalAddress}");
        }

        _store.Recover(_layout.Token, _layout.Token);
        foreach (var device in _checkpoints.Read)
        {
            device.Dispose();
            if (device.Failure is { } failure)
            {
                throw new IOException($"{checkpoint} cannot be read: {failure.Message}", failure);
            }
        }

        ThrowIfFailed();
    }

    readonly struct DroppedRecords(RecordFilter<TRecord>? drop) : ICompactionFunctions<Hash128, TRecord>
    {
        public bool IsDeleted(ref Hash128 key, ref TRecord value) => drop is not null && drop(value);
    }
}
