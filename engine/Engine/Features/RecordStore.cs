using System.Numerics;
using CartRecovery.Engine.Events;
using FASTER.core;

namespace CartRecovery.Engine.Features;

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
    readonly ManagedLocalStorageDevice _device;
    readonly FasterKV<Hash128, TRecord> _store;
    readonly ClientSession<Hash128, TRecord, TInput, TRecord, Empty, Functions> _session;

    /// <summary>Makes an empty store.</summary>
    /// <param name="file">Where records go that memory has no room for; it is made anew.</param>
    /// <param name="size">The memory to use.</param>
    /// <param name="update">How an input changes a record.</param>
    public RecordStore(string file, RecordStoreSize size, TUpdate update)
    {
        _device = new ManagedLocalStorageDevice(file, deleteOnClose: true);
        var log = new LogSettings
        {
            LogDevice = _device,
            MemorySizeBits = size.LogBits,
            PageSizeBits = size.PageBits,
            SegmentSizeBits = Math.Max(size.PageBits, 30),
            MutableFraction = 0.9,
        };
        _store = new FasterKV<Hash128, TRecord>(size.Buckets, log, comparer: new KeyComparer(), concurrencyControlMode: ConcurrencyControlMode.None);
        _session = _store.For(new Functions(update)).NewSession<Functions>();
    }

    /// <summary>Changes the record of the key, and makes it if the update may.</summary>
    public void Update(in Hash128 key, ref TInput input)
    {
        var k = key;
        var status = _session.RMW(ref k, ref input);
        if (status.IsPending)
        {
            // On disk. The batch waits for it: order within a cart is worth more than the overlap.
            _session.CompletePending(wait: true);
        }
    }

    /// <summary>Copies the record of the key, or says that there is none.</summary>
    public bool TryRead(in Hash128 key, out TRecord record)
    {
        var k = key;
        record = default;
        var status = _session.Read(ref k, ref record);
        if (!status.IsPending)
        {
            return status.Found;
        }

        _session.CompletePendingWithOutputs(out var outputs, wait: true);
        using (outputs)
        {
            if (!outputs.Next())
            {
                return false;
            }

            record = outputs.Current.Output;
            return outputs.Current.Status.Found;
        }
    }

    /// <summary>Lets FASTER move on when nothing comes in.</summary>
    public void Refresh() => _session.Refresh();

    /// <inheritdoc/>
    public void Dispose()
    {
        _session.Dispose();
        _store.Dispose();
        _device.Dispose();
    }

    sealed class KeyComparer : IFasterEqualityComparer<Hash128>
    {
        public long GetHashCode64(ref Hash128 key) => (long)key.Low;

        public bool Equals(ref Hash128 left, ref Hash128 right) => left.Low == right.Low && left.High == right.High;
    }

    // A struct, so that the calls from FASTER's generic code are direct.
    readonly struct Functions(TUpdate update) : IFunctions<Hash128, TRecord, TInput, TRecord, Empty>
    {
        public bool NeedInitialUpdate(ref Hash128 key, ref TInput input, ref TRecord output, ref RMWInfo info) => update.MayCreate(input);

        public bool InitialUpdater(ref Hash128 key, ref TInput input, ref TRecord value, ref TRecord output, ref RMWInfo info)
        {
            value = default;
            update.Apply(ref value, ref input);
            return true;
        }

        public bool InPlaceUpdater(ref Hash128 key, ref TInput input, ref TRecord value, ref TRecord output, ref RMWInfo info)
        {
            update.Apply(ref value, ref input);
            return true;
        }

        public bool NeedCopyUpdate(ref Hash128 key, ref TInput input, ref TRecord old, ref TRecord output, ref RMWInfo info) => true;

        public bool CopyUpdater(
            ref Hash128 key, ref TInput input, ref TRecord old, ref TRecord value, ref TRecord output, ref RMWInfo info)
        {
            value = old;
            update.Apply(ref value, ref input);
            return true;
        }

        public bool SingleReader(ref Hash128 key, ref TInput input, ref TRecord value, ref TRecord output, ref ReadInfo info)
        {
            output = value;
            return true;
        }

        public bool ConcurrentReader(ref Hash128 key, ref TInput input, ref TRecord value, ref TRecord output, ref ReadInfo info)
        {
            output = value;
            return true;
        }

        public bool SingleWriter(
            ref Hash128 key, ref TInput input, ref TRecord source, ref TRecord value, ref TRecord output, ref UpsertInfo info, WriteReason reason)
        {
            value = source;
            return true;
        }

        public bool ConcurrentWriter(
            ref Hash128 key, ref TInput input, ref TRecord source, ref TRecord value, ref TRecord output, ref UpsertInfo info)
        {
            value = source;
            return true;
        }

        public void PostInitialUpdater(ref Hash128 key, ref TInput input, ref TRecord value, ref TRecord output, ref RMWInfo info)
        {
        }

        public void PostCopyUpdater(
            ref Hash128 key, ref TInput input, ref TRecord old, ref TRecord value, ref TRecord output, ref RMWInfo info)
        {
        }

        public void PostSingleWriter(
            ref Hash128 key, ref TInput input, ref TRecord source, ref TRecord value, ref TRecord output, ref UpsertInfo info, WriteReason reason)
        {
        }

        public bool SingleDeleter(ref Hash128 key, ref TRecord value, ref DeleteInfo info) => true;

        public void PostSingleDeleter(ref Hash128 key, ref DeleteInfo info)
        {
        }

        public bool ConcurrentDeleter(ref Hash128 key, ref TRecord value, ref DeleteInfo info) => true;

        public void ReadCompletionCallback(
            ref Hash128 key, ref TInput input, ref TRecord output, Empty context, Status status, RecordMetadata metadata)
        {
        }

        public void RMWCompletionCallback(
            ref Hash128 key, ref TInput input, ref TRecord output, Empty context, Status status, RecordMetadata metadata)
        {
        }

        public void DisposeSingleWriter(
            ref Hash128 key, ref TInput input, ref TRecord source, ref TRecord value, ref TRecord output, ref UpsertInfo info, WriteReason reason)
        {
        }

        public void DisposeCopyUpdater(
            ref Hash128 key, ref TInput input, ref TRecord old, ref TRecord value, ref TRecord output, ref RMWInfo info)
        {
        }

        public void DisposeInitialUpdater(ref Hash128 key, ref TInput input, ref TRecord value, ref TRecord output, ref RMWInfo info)
        {
        }

        public void DisposeSingleDeleter(ref Hash128 key, ref TRecord value, ref DeleteInfo info)
        {
        }

        public void DisposeDeserializedFromDisk(ref Hash128 key, ref TRecord value)
        {
        }

        public void CheckpointCompletionCallback(int sessionId, string sessionName, CommitPoint commitPoint)
        {
        }
    }
}

/// <summary>How much memory a <see cref="RecordStore{TRecord, TInput, TUpdate}"/> takes: powers of two, as FASTER wants them.</summary>
/// <param name="LogBits">The log in memory is 2 to this power bytes.</param>
/// <param name="PageBits">A page of it is 2 to this power bytes.</param>
/// <param name="Buckets">Buckets of the index, of 64 bytes and seven entries each.</param>
public readonly record struct RecordStoreSize(int LogBits, int PageBits, long Buckets)
{
    /// <summary>The bytes it takes.</summary>
    public long Bytes => (1L << LogBits) + (Buckets * 64);

    /// <summary>The largest size whose log fits in <paramref name="budget"/> bytes, and an index for the records that fit in it.</summary>
    public static RecordStoreSize For(long budget, int recordBytes)
    {
        var logBits = Math.Clamp(BitOperations.Log2((ulong)Math.Max(budget, 1)), 20, 40);
        var records = (1L << logBits) / (recordBytes + 24);
        return new RecordStoreSize(logBits, Math.Clamp(logBits - 5, 14, 24), (long)BitOperations.RoundUpToPowerOf2((ulong)Math.Max(records / 4, 64)));
    }
}
