using System.Diagnostics;
using System.Runtime.CompilerServices;
using CartRecovery.Primitives;
using FASTER.core;

namespace CartRecovery.Engine.State;

/// <summary>How an input changes a record.</summary>
public interface IRecordUpdate<TRecord, TInput>
{
    /// <summary>A record that is not there may be made.</summary>
    bool MayCreate(in TInput input);

    /// <summary>Changes the record in place; all zero when it is new.</summary>
    void Apply(ref TRecord record, ref TInput input);
}

/// <summary>
/// Fixed-width records by 128-bit key in FASTER's hybrid log: in memory while they are warm, on disk when memory is full. One partition's
/// worker is the only one that touches it, so nothing is locked.
/// </summary>
public sealed class RecordStore<TRecord, TInput, TUpdate> : IDisposable
    where TRecord : unmanaged
    where TInput : struct
    where TUpdate : IRecordUpdate<TRecord, TInput>
{
    // The segment of the log that one file holds.
    const int SegmentBits = 30;

    // Before it there is nothing in a log.
    const long FirstAddress = 64;

    // A version shift takes a handful of steps, since there is one session.
    const int MaxShiftSteps = 1000;

    readonly StoreDevice _device;
    readonly StoreCheckpoints _checkpoints;
    readonly StoreLayout _layout;
    readonly FasterKV<Hash128, TRecord> _store;
    readonly ClientSession<Hash128, TRecord, TInput, RecordTarget<TRecord>, Empty, RecordFunctions<TRecord, TInput, TUpdate>> _session;
    readonly UnsafeContext<Hash128, TRecord, TInput, RecordTarget<TRecord>, Empty, RecordFunctions<TRecord, TInput, TUpdate>> _context;
    readonly RecordTarget<TRecord> _target = new();
    StoreCheckpoint? _checkpoint;
    bool _isEntered;

    /// <summary>Opens a store.</summary>
    /// <param name="file">Where records go that memory has no room for: the name of files that a number is appended to.</param>
    /// <param name="size">The memory to use.</param>
    /// <param name="update">How an input changes a record.</param>
    /// <param name="keep">The file outlives the store, as its checkpoints need it; else it goes with it.</param>
    /// <param name="checkpoint">The folder of the checkpoint to start from; null for an empty store. Checkpoints younger than it are void
    /// from here on, since the log that they continue is written anew.</param>
    /// <exception cref="IOException">The checkpoint or the log cannot be read, or is not whole.</exception>
    /// <exception cref="InvalidDataException">The checkpoint holds records of another kind.</exception>
    public RecordStore(string file, RecordStoreSize size, TUpdate update, bool keep = false, string? checkpoint = null)
    {
        if (checkpoint is not null && !keep)
        {
            throw new ArgumentException("a store that goes on with a checkpoint's log must keep it", nameof(keep));
        }

        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(file))!);
        var recordBytes = Unsafe.SizeOf<TRecord>();
        _layout = new StoreLayout(default, recordBytes, size.PageBits, Math.Max(size.PageBits, SegmentBits), -1);
        if (checkpoint is not null)
        {
            _layout = StoreLayout.Read(checkpoint);
            if (_layout.RecordBytes != recordBytes)
            {
                throw new InvalidDataException($"{checkpoint} holds records of {_layout.RecordBytes} bytes, not of {recordBytes}");
            }
        }

        _device = new StoreDevice(file, insist: true, delete: !keep);
        _checkpoints = new StoreCheckpoints { Source = checkpoint };
        var log = new LogSettings
        {
            LogDevice = _device,

            // The pages of a log stay as large as they were made.
            MemorySizeBits = Math.Max(size.LogBits, _layout.PageBits + 2),
            PageSizeBits = _layout.PageBits,
            SegmentSizeBits = _layout.SegmentBits,
            MutableFraction = 0.9,
        };
        _store = new FasterKV<Hash128, TRecord>(
            size.Buckets, log, new CheckpointSettings { CheckpointManager = _checkpoints }, comparer: new RecordKeyComparer(),
            concurrencyControlMode: ConcurrencyControlMode.None);
        var functions = new RecordFunctions<TRecord, TInput, TUpdate>(update, _target);
        if (checkpoint is null)
        {
            StoreDevice.Delete(file);
            _session = _store.For(functions).NewSession<RecordFunctions<TRecord, TInput, TUpdate>>();
            _context = _session.UnsafeContext;
            Prefetch = RecordPrefetcher<TRecord>.For(_store, _layout.PageBits);
            return;
        }

        try
        {
            Recover(file, checkpoint);
            _session = _store.For(functions).NewSession<RecordFunctions<TRecord, TInput, TUpdate>>();
            RecoveredSerialNumber = _layout.SerialNumber;
            _context = _session.UnsafeContext;
            Prefetch = RecordPrefetcher<TRecord>.For(_store, _layout.PageBits);
        }
        catch (Exception e)
        {
            _device.Dispose();
            _store.Dispose();
            throw e is FasterException ? new IOException($"{checkpoint} cannot be recovered: {e.Message}", e) : e;
        }
    }

    /// <summary>The serial number that the checkpoint was made with; -1 for a store that began empty.</summary>
    public long RecoveredSerialNumber { get; } = -1;

    /// <summary>Why memory cannot be written out at the moment; null when it can. It is tried until it can.</summary>
    public IOException? Problem => _device.Problem;

    /// <summary>Null where nothing can be asked for early.</summary>
    internal RecordPrefetcher<TRecord>? Prefetch { get; }

    internal Phase Phase => _store.SystemState.Phase;

    internal Action? BeforeSnapshotWrite { get; set; }

    /// <summary>Says that an operation on the key will come: the first of two steps, some events ahead of it.</summary>
    public void PrefetchBucket(in Hash128 key) => Prefetch?.Bucket(key);

    /// <summary>Says that an operation on the key is next but a few: the second step, when the first has had time to work.</summary>
    /// <param name="key">The key.</param>
    /// <param name="lines">How many cache lines of the record will be looked at, from its beginning on.</param>
    /// <param name="also">A place in the record beyond them that will be looked at too; 0 for none.</param>
    public void PrefetchRecord(in Hash128 key, int lines, int also = 0) => Prefetch?.Record(key, lines, also);

    /// <summary>Enters FASTER's epoch for all operations until <see cref="Exit"/>: once a slab, where each would enter and leave it. Meanwhile
    /// nothing is refreshed and no checkpoint begun.</summary>
    public void Enter()
    {
        _context.BeginUnsafe();
        _isEntered = true;
    }

    /// <summary>Leaves FASTER's epoch.</summary>
    public void Exit()
    {
        _isEntered = false;
        _context.EndUnsafe();
    }

    /// <summary>Changes the record of the key, and makes it if the update may.</summary>
    /// <exception cref="IOException">The record is on disk and cannot be read.</exception>
    public void Update(in Hash128 key, ref TInput input)
    {
        if (_isEntered)
        {
            UpdateInside(key, ref input);
            return;
        }

        Enter();
        try
        {
            UpdateInside(key, ref input);
        }
        finally
        {
            Exit();
        }
    }

    /// <summary>Changes the record of the key, and makes it if the update may. Between <see cref="Enter"/> and <see cref="Exit"/> only.</summary>
    /// <returns>The record itself, which may be changed until the next operation on the store; a null reference if there is none.</returns>
    /// <exception cref="IOException">The record is on disk and cannot be read.</exception>
    public ref TRecord UpdateInPlace(in Hash128 key, ref TInput input)
    {
        Debug.Assert(_isEntered, "the epoch keeps the record in memory");
        _target.Forget();
        UpdateInside(key, ref input);
        return ref _target.Updated;
    }

    /// <summary>Copies the record of the key.</summary>
    /// <returns><see langword="false"/> if there is none.</returns>
    /// <exception cref="IOException">The record is on disk and cannot be read.</exception>
    public bool TryRead(in Hash128 key, out TRecord record)
    {
        if (_isEntered)
        {
            return TryReadInside(key, out record);
        }

        Enter();
        try
        {
            return TryReadInside(key, out record);
        }
        finally
        {
            Exit();
        }
    }

    void UpdateInside(in Hash128 key, ref TInput input)
    {
        var k = key;
        var status = _context.RMW(ref k, ref input);
        if (status.IsPending)
        {
            // On disk. The batch waits for it: order within a cart is worth more than the overlap. FASTER leaves its epoch meanwhile.
            _context.CompletePending(wait: true);
            ThrowIfUnreadable();
        }
    }

    bool TryReadInside(in Hash128 key, out TRecord record)
    {
        var k = key;
        var output = _target;
        var status = _context.Read(ref k, ref output);
        var isFound = status.Found;
        if (status.IsPending)
        {
            _context.CompletePendingWithOutputs(out var outputs, wait: true);
            ThrowIfUnreadable();
            using (outputs)
            {
                isFound = outputs.Next() && outputs.Current.Status.Found;
            }
        }

        record = isFound ? _target.Record : default;
        return isFound;
    }

    /// <summary>Lets FASTER move on when nothing comes in; a checkpoint needs it time and again until it is written.</summary>
    public void Refresh()
    {
        _session.Refresh();
        if (_checkpoint is not null && _store.SystemState.Phase == Phase.REST)
        {
            _checkpoint.IsWritten = true;
            _checkpoints.Current = _checkpoint = null;
        }
    }

    /// <summary>
    /// Begins a checkpoint of every record as it is now. What is changed from here on is changed in copies, until the checkpoint is
    /// written; writing goes on beside the worker.
    /// </summary>
    /// <param name="folder">Where it goes; made if it is not there.</param>
    /// <param name="serialNumber">What <see cref="RecoveredSerialNumber"/> will say: where in the journal this is.</param>
    /// <exception cref="InvalidOperationException">One is being written already.</exception>
    /// <exception cref="IOException">The folder cannot be made.</exception>
    public StoreCheckpoint BeginCheckpoint(string folder, long serialNumber)
    {
        if (_checkpoint is not null)
        {
            throw new InvalidOperationException("a checkpoint is being written");
        }

        Directory.CreateDirectory(folder);
        var version = _store.SystemState.Version;
        var checkpoint = new StoreCheckpoint(folder, _layout with { SerialNumber = serialNumber });
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
                throw new InvalidOperationException("FASTER does not get to its next version");
            }

            _session.Refresh();
        }

        Refresh();
        return checkpoint;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        // The devices first: they write from the store's memory.
        _checkpoint?.Close();
        _device.Dispose();
        _session.Dispose();
        _store.Dispose();
    }

    void Recover(string file, string checkpoint)
    {
        var info = StoreCheckpoints.Parse(File.ReadAllBytes(Path.Combine(checkpoint, "log.info")));
        var length = StoreDevice.LengthOf(file, 1L << _layout.SegmentBits);
        if (length < info.flushedLogicalAddress && info.flushedLogicalAddress > FirstAddress)
        {
            throw new IOException($"{file} is {length} bytes long, and {checkpoint} needs {info.flushedLogicalAddress}");
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

        ThrowIfUnreadable();
    }

    void ThrowIfUnreadable()
    {
        if (_device.Failure is { } failure)
        {
            throw new IOException($"records on disk cannot be read: {failure.Message}", failure);
        }
    }
}
