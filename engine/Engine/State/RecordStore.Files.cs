using FASTER.core;

namespace CartRecovery.Engine.State;

/// <content>The store's files: checkpoints and recovery.</content>
public sealed partial class RecordStore<TRecord, TInput, TUpdate>
{
    // The first address of a log.
    const long FirstAddress = 64;

    // With a single session, a version shift takes only a few steps.
    const int MaxShiftSteps = 1000;

    /// <summary>A callback before each write of a checkpoint's index.</summary>
    internal Action? BeforeIndexWrite { get; set; }

    /// <summary>A callback before each write of a checkpoint's records.</summary>
    internal Action? BeforeSnapshotWrite { get; set; }

    /// <summary>A callback before each read of a record from disk.</summary>
    internal Action? BeforeRead
    {
        set => _device.BeforeRead = value;
    }

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
        (checkpoint.Index.BeforeWrite, checkpoint.Log.BeforeWrite) = (BeforeIndexWrite, BeforeSnapshotWrite);
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

    void Recover(string file, string checkpoint)
    {
        var info = StoreCheckpoints.Parse(File.ReadAllBytes(Path.Combine(checkpoint, "log.info")));
        if (info.flushedLogicalAddress > Math.Max(info.beginAddress, FirstAddress)
            && StoreFiles.FindGap(file, _layout.SegmentBits, info.beginAddress, info.flushedLogicalAddress) is { } gap)
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
}
