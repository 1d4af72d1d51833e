using System.Runtime.CompilerServices;
using CartRecovery.Primitives;
using FASTER.core;

namespace CartRecovery.Engine.State;

/// <summary>Compares keys, which are already hashes.</summary>
sealed class RecordKeyComparer : IFasterEqualityComparer<Hash128>
{
    public long GetHashCode64(ref Hash128 key) => (long)key.Low;

    public bool Equals(ref Hash128 left, ref Hash128 right) => left.Low == right.Low && left.High == right.High;
}

/// <summary>
/// Receives the record of an operation. FASTER reserves and clears space for several outputs per operation, which would cost more than
/// the operation itself if the output were the whole record.
/// </summary>
sealed unsafe class RecordTarget<TRecord>
    where TRecord : unmanaged
{
    TRecord* _updated;

    /// <summary>The copy made by a read.</summary>
    public TRecord Record;

    /// <summary>The record of the latest update, in FASTER's log: log pages do not move, and the epoch keeps them in memory.</summary>
    public ref TRecord Updated => ref *_updated;

    /// <summary>Clears <see cref="Updated"/>, so that an update without a record leaves it null.</summary>
    public void ClearUpdated() => _updated = null;

    /// <summary>Records the address of the updated record.</summary>
    public void SetUpdated(ref TRecord record) => _updated = (TRecord*)Unsafe.AsPointer(ref record);
}

/// <summary>Implements FASTER's callbacks as a struct, so that calls from its generic code are direct.</summary>
readonly struct RecordFunctions<TRecord, TInput, TUpdate>(TUpdate update, RecordTarget<TRecord> target) : IFunctions<Hash128, TRecord, TInput, RecordTarget<TRecord>, Empty>
    where TRecord : unmanaged
    where TInput : struct
    where TUpdate : IRecordUpdate<TRecord, TInput>
{
    public bool NeedInitialUpdate(ref Hash128 key, ref TInput input, ref RecordTarget<TRecord> output, ref RMWInfo info) => update.MayCreate(input);

    public bool InitialUpdater(ref Hash128 key, ref TInput input, ref TRecord value, ref RecordTarget<TRecord> output, ref RMWInfo info)
    {
        value = default;
        return Apply(ref value, ref input);
    }

    public bool InPlaceUpdater(ref Hash128 key, ref TInput input, ref TRecord value, ref RecordTarget<TRecord> output, ref RMWInfo info)
    {
        return Apply(ref value, ref input);
    }

    public bool NeedCopyUpdate(ref Hash128 key, ref TInput input, ref TRecord old, ref RecordTarget<TRecord> output, ref RMWInfo info) => true;

    public bool CopyUpdater(
        ref Hash128 key, ref TInput input, ref TRecord old, ref TRecord value, ref RecordTarget<TRecord> output, ref RMWInfo info)
    {
        value = old;
        return Apply(ref value, ref input);
    }

    public bool SingleReader(ref Hash128 key, ref TInput input, ref TRecord value, ref RecordTarget<TRecord> output, ref ReadInfo info)
    {
        output.Record = value;
        return true;
    }

    public bool ConcurrentReader(ref Hash128 key, ref TInput input, ref TRecord value, ref RecordTarget<TRecord> output, ref ReadInfo info)
    {
        output.Record = value;
        return true;
    }

    public bool SingleWriter(
        ref Hash128 key, ref TInput input, ref TRecord source, ref TRecord value, ref RecordTarget<TRecord> output, ref UpsertInfo info, WriteReason reason)
    {
        value = source;
        return true;
    }

    public bool ConcurrentWriter(
        ref Hash128 key, ref TInput input, ref TRecord source, ref TRecord value, ref RecordTarget<TRecord> output, ref UpsertInfo info)
    {
        value = source;
        return true;
    }

    public void PostInitialUpdater(ref Hash128 key, ref TInput input, ref TRecord value, ref RecordTarget<TRecord> output, ref RMWInfo info)
    {
    }

    public void PostCopyUpdater(
        ref Hash128 key, ref TInput input, ref TRecord old, ref TRecord value, ref RecordTarget<TRecord> output, ref RMWInfo info)
    {
    }

    public void PostSingleWriter(
        ref Hash128 key, ref TInput input, ref TRecord source, ref TRecord value, ref RecordTarget<TRecord> output, ref UpsertInfo info, WriteReason reason)
    {
    }

    public bool SingleDeleter(ref Hash128 key, ref TRecord value, ref DeleteInfo info) => true;

    public void PostSingleDeleter(ref Hash128 key, ref DeleteInfo info)
    {
    }

    public bool ConcurrentDeleter(ref Hash128 key, ref TRecord value, ref DeleteInfo info) => true;

    public void ReadCompletionCallback(
        ref Hash128 key, ref TInput input, ref RecordTarget<TRecord> output, Empty context, Status status, RecordMetadata metadata)
    {
    }

    public void RMWCompletionCallback(
        ref Hash128 key, ref TInput input, ref RecordTarget<TRecord> output, Empty context, Status status, RecordMetadata metadata)
    {
    }

    public void DisposeSingleWriter(
        ref Hash128 key, ref TInput input, ref TRecord source, ref TRecord value, ref RecordTarget<TRecord> output, ref UpsertInfo info, WriteReason reason)
    {
    }

    public void DisposeCopyUpdater(
        ref Hash128 key, ref TInput input, ref TRecord old, ref TRecord value, ref RecordTarget<TRecord> output, ref RMWInfo info)
    {
    }

    public void DisposeInitialUpdater(ref Hash128 key, ref TInput input, ref TRecord value, ref RecordTarget<TRecord> output, ref RMWInfo info)
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

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    bool Apply(ref TRecord record, ref TInput input)
    {
        update.Apply(ref record, ref input);
        target.SetUpdated(ref record);
        return true;
    }
}
