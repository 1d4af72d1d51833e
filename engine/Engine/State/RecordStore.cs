using System.Diagnostics;
using System.Runtime.CompilerServices;
using CartRecovery.Primitives;
using FASTER.core;

namespace CartRecovery.Engine.State;

/// <summary>Updates records from inputs.</summary>
public interface IRecordUpdate<TRecord, TInput>
{
    /// <summary>Returns whether an update may create a missing record.</summary>
    bool MayCreate(in TInput input);

    /// <summary>Updates the record in place; a new record is all zero.</summary>
    void Apply(ref TRecord record, ref TInput input);
}

/// <summary>
/// Stores fixed-width records by 128-bit key in FASTER's hybrid log: in memory while warm, on disk when memory is full. Used only by its
/// partition's worker, so it takes no locks; a worker may use several stores.
/// </summary>
public sealed partial class RecordStore<TRecord, TInput, TUpdate> : IDisposable
    where TRecord : unmanaged
    where TInput : struct
    where TUpdate : IRecordUpdate<TRecord, TInput>
{
    // A file of the log is a quarter of the memory, within these bounds: compaction frees whole files.
    const int MinSegmentBits = 20;
    const int MaxSegmentBits = 30;

    readonly StoreDevice _device;
    readonly StoreCheckpoints _checkpoints;
    readonly StoreLayout _layout;
    readonly FasterKV<Hash128, TRecord> _store;
    readonly ClientSession<Hash128, TRecord, TInput, RecordTarget<TRecord>, Empty, RecordFunctions<TRecord, TInput, TUpdate>> _session;
    readonly UnsafeContext<Hash128, TRecord, TInput, RecordTarget<TRecord>, Empty, RecordFunctions<TRecord, TInput, TUpdate>> _context;
    readonly RecordTarget<TRecord> _target = new();
    readonly TUpdate _update;
    StoreCheckpoint? _checkpoint;
    bool _isEntered;
    bool _isDirect;

    /// <summary>Opens a store.</summary>
    /// <param name="file">Where records spill when memory is full: the name to which a file number is appended.</param>
    /// <param name="size">The memory to use.</param>
    /// <param name="update">Updates a record from an input.</param>
    /// <param name="keep">Whether the file outlives the store, as its checkpoints require; otherwise it is deleted.</param>
    /// <param name="checkpoint">The folder of the checkpoint to recover from; null for an empty store. Recovery invalidates younger
    /// checkpoints, because the log that they continue is rewritten.</param>
    /// <param name="shape">The number of the layout of <typeparamref name="TRecord"/>.</param>
    /// <exception cref="IOException">The checkpoint or the log cannot be read, or is incomplete.</exception>
    /// <exception cref="InvalidDataException">The checkpoint holds another record type.</exception>
    /// <exception cref="StoreShapeException">The checkpoint was written by a later version.</exception>
    public RecordStore(string file, RecordStoreSize size, TUpdate update, bool keep = false, string? checkpoint = null, int shape = 1)
    {
        if (checkpoint is not null && !keep)
        {
            throw new ArgumentException("a store that recovers from a checkpoint must keep its log", nameof(keep));
        }

        _update = update;
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(file))!);
        var recordBytes = Unsafe.SizeOf<TRecord>();
        _layout = new StoreLayout(
            default, shape, recordBytes, size.PageBits, Math.Max(size.PageBits, Math.Clamp(size.LogBits - 2, MinSegmentBits, MaxSegmentBits)), -1);
        if (checkpoint is not null)
        {
            _layout = StoreLayout.Read(checkpoint, shape);
            if (_layout.RecordBytes != recordBytes || _layout.Shape != shape)
            {
                throw new InvalidDataException(
                    $"{checkpoint} holds records of shape {_layout.Shape} and {_layout.RecordBytes} bytes, expected {shape} and {recordBytes}");
            }
        }

        _device = new StoreDevice(file, insist: true, delete: !keep) { PageBytes = 1 << _layout.PageBits, RecordBytes = LogRecord<TRecord>.Bytes };
        _checkpoints = new StoreCheckpoints(_device) { Source = checkpoint };
        var log = new LogSettings
        {
            LogDevice = _device,

            // The page size of a log is fixed when it is created.
            MemorySizeBits = Math.Max(size.LogBits, _layout.PageBits + 2),
            PageSizeBits = _layout.PageBits,
            SegmentSizeBits = _layout.SegmentBits,
            MutableFraction = 0.9,
        };
        _compaction = new LogCompaction(1L << log.MemorySizeBits, 1 << _layout.PageBits);
        _store = new FasterKV<Hash128, TRecord>(
            size.Buckets, log, new CheckpointSettings { CheckpointManager = _checkpoints }, comparer: new RecordKeyComparer(),
            concurrencyControlMode: ConcurrencyControlMode.None);
        var functions = new RecordFunctions<TRecord, TInput, TUpdate>(update, _target);
        if (checkpoint is null)
        {
            StoreFiles.Delete(file);
            _session = _store.For(functions).NewSession<RecordFunctions<TRecord, TInput, TUpdate>>();
            _context = _session.UnsafeContext;
            Index = RecordIndex<TRecord>.For(_store, _layout.PageBits);
            return;
        }

        try
        {
            Recover(file, checkpoint);
            _session = _store.For(functions).NewSession<RecordFunctions<TRecord, TInput, TUpdate>>();
            RecoveredSerialNumber = _layout.SerialNumber;
            _context = _session.UnsafeContext;
            Index = RecordIndex<TRecord>.For(_store, _layout.PageBits);
        }
        catch (Exception e)
        {
            _device.Dispose();
            _store.Dispose();
            throw e is FasterException ? new IOException($"{checkpoint} cannot be recovered: {e.Message}", e) : e;
        }
    }

    /// <summary>Serial number of the recovered checkpoint; -1 for a store that started empty.</summary>
    public long RecoveredSerialNumber { get; } = -1;

    /// <summary>
    /// Current reason why memory cannot be written to disk; null if it can. Writes are retried until they succeed.
    /// </summary>
    public IOException? Problem => _device.Problem;

    /// <summary>Null if FASTER's index is not as expected.</summary>
    internal RecordIndex<TRecord>? Index { get; }

    /// <summary>Whether failed writes are retried until they succeed; true unless set.</summary>
    internal bool RetriesWrites
    {
        set => _device.RetriesWrites = value;
    }

    internal Phase Phase => _store.SystemState.Phase;

    /// <summary>Prefetches for an operation on the key some events ahead: the first of two steps.</summary>
    public void PrefetchBucket(in Hash128 key) => Index?.Bucket(key);

    /// <summary>Prefetches for an operation on the key a few events ahead: the second step, after the first has taken effect.</summary>
    /// <param name="key">The key.</param>
    /// <param name="lines">The number of cache lines of the record that will be accessed, from its start.</param>
    /// <param name="also">Offsets in the record beyond them that will also be accessed; 0 for none.</param>
    public void PrefetchRecord(in Hash128 key, int lines, (int First, int Second, int Third) also = default) => Index?.Record(key, lines, also);

    /// <summary>
    /// Enters FASTER's epoch for all operations until <see cref="Exit"/>: once per slab instead of once per operation. Until then nothing
    /// is refreshed and no checkpoint begins.
    /// </summary>
    public void Enter()
    {
        _context.BeginUnsafe();
        _isEntered = true;

        // A checkpoint begins on this thread, outside. While one is written, FASTER decides which records still change in place.
        _isDirect = Index is not null && Phase == Phase.REST;
    }

    /// <summary>Leaves FASTER's epoch.</summary>
    public void Exit()
    {
        _isEntered = _isDirect = false;
        _context.EndUnsafe();
    }

    /// <summary>Updates the key's record, creating it if the update allows.</summary>
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

    /// <summary>
    /// Updates the key's record, creating it if the update allows. Only between <see cref="Enter"/> and <see cref="Exit"/>.
    /// </summary>
    /// <returns>The record itself, which may be modified until the next operation on the store; a null reference if there is
    /// none.</returns>
    /// <exception cref="IOException">The record is on disk and cannot be read.</exception>
    public ref TRecord UpdateInPlace(in Hash128 key, ref TInput input)
    {
        Debug.Assert(_isEntered, "the epoch keeps the record in memory");
        _target.ClearUpdated();
        UpdateInside(key, ref input);
        return ref _target.Updated;
    }

    /// <summary>Copies the key's record.</summary>
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

    // Most updates are of a record that may change where it is.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    void UpdateInside(in Hash128 key, ref TInput input)
    {
        if (_isDirect)
        {
            ref var record = ref Index!.FindLatest(key, isMutable: true, out _);
            if (!Unsafe.IsNullRef(ref record))
            {
                _update.Apply(ref record, ref input);
                _target.SetUpdated(ref record);
                return;
            }
        }

        UpdateByFaster(key, ref input);
    }

    void UpdateByFaster(in Hash128 key, ref TInput input)
    {
        var k = key;
        var status = _context.RMW(ref k, ref input);
        if (status.IsPending)
        {
            // The record is on disk. The batch waits for it, because order within a cart matters more than overlapping reads. FASTER
            // leaves its epoch meanwhile.
            _context.CompletePending(wait: true);
            ThrowIfFailed();
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    bool TryReadInside(in Hash128 key, out TRecord record)
    {
        if (_isDirect)
        {
            ref var found = ref Index!.FindLatest(key, isMutable: false, out var isMissing);
            var isFound = !Unsafe.IsNullRef(ref found);
            if (isFound || isMissing)
            {
                record = isFound ? found : default;
                return isFound;
            }
        }

        return TryReadByFaster(key, out record);
    }

    bool TryReadByFaster(in Hash128 key, out TRecord record)
    {
        var k = key;
        var output = _target;
        var status = _context.Read(ref k, ref output);
        var isFound = status.Found;
        if (status.IsPending)
        {
            _context.CompletePendingWithOutputs(out var outputs, wait: true);
            ThrowIfFailed();
            using (outputs)
            {
                isFound = outputs.Next() && outputs.Current.Status.Found;
            }
        }

        record = isFound ? _target.Record : default;
        return isFound;
    }

    /// <summary>Writes the key's record, whatever it was.</summary>
    public void Write(in Hash128 key, in TRecord record)
    {
        var k = key;
        var value = record;
        Enter();
        _context.Upsert(ref k, ref value);
        Exit();
    }

    /// <summary>Deletes the key's record.</summary>
    public void Delete(in Hash128 key)
    {
        var k = key;
        Enter();
        _context.Delete(ref k);
        Exit();
    }

    /// <summary>Lets FASTER make progress while no events arrive; a checkpoint needs this repeatedly until it is written.</summary>
    public void Refresh()
    {
        _session.Refresh();
        if (_checkpoint is not null && _store.SystemState.Phase == Phase.REST)
        {
            _checkpoint.IsWritten = true;
            _checkpoints.Current = _checkpoint = null;
        }
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

    /// <exception cref="IOException">A read failed, or a write that is not retried.</exception>
    internal void ThrowIfFailed()
    {
        if (_device.Failure is { } failure)
        {
            throw new IOException($"records on disk cannot be used: {failure.Message}", failure);
        }
    }
}
