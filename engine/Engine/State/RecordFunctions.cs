using CartRecovery.Primitives;
using FASTER.core;

namespace CartRecovery.Engine.State;

/// <summary>Keys are hashes already.</summary>
sealed class RecordKeyComparer : IFasterEqualityComparer<Hash128>
{
    public long GetHashCode64(ref Hash128 key) => (long)key.Low;

    public bool Equals(ref Hash128 left, ref Hash128 right) => left.Low == right.Low && left.High == right.High;
}

/// <summary>
/// Where a record that is read goes. FASTER makes room for several outputs at each operation, and clears it, which would cost more than the operation if
/// an output were the record itself.
/// </summary>
sealed class RecordTarget<TRecord>
    where TRecord : unmanaged
{
    /// <summary>The record.</summary>
    public TRecord Record;
}

/// <summary>FASTER's callbacks: a struct, so that the calls from its generic code are direct.</summary>
readonly struct RecordFunctions<TRecord, TInput, TUpdate>(TUpdate update) : IFunctions<Hash128, TRecord, TInput, RecordTarget<TRecord>, Empty>
    where TRecord : unmanaged
    where TInput : struct
    where TUpdate : IRecordUpdate<TRecord, TInput>
{
    public bool NeedInitialUpdate(ref Hash128 key, ref TInput input, ref RecordTarget<TRecord> output, ref RMWInfo info) => update.MayCreate(input);

    public bool InitialUpdater(ref Hash128 key, ref TInput input, ref TRecord value, ref RecordTarget<TRecord> output, ref RMWInfo info)
    {
        value = default;
        update.Apply(ref value, ref input);
        return true;
    }

    public bool InPlaceUpdater(ref Hash128 key, ref TInput input, ref TRecord value, ref RecordTarget<TRecord> output, ref RMWInfo info)
    {
        update.Apply(ref value, ref input);
        return true;
    }

    public bool NeedCopyUpdate(ref Hash128 key, ref TInput input, ref TRecord old, ref RecordTarget<TRecord> output, ref RMWInfo info) => true;

    public bool CopyUpdater(
        ref Hash128 key, ref TInput input, ref TRecord old, ref TRecord value, ref RecordTarget<TRecord> output, ref RMWInfo info)
    {
        value = old;
        update.Apply(ref value, ref input);
        return true;
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
}
