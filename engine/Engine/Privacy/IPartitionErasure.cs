namespace CartRecovery.Engine.Privacy;

/// <summary>Erases a person from the partitions: their state, checkpoints and journals.</summary>
public interface IPartitionErasure
{
    /// <summary>Erases everything of a person from state and journals. Idempotent: a repeated call after a crash continues.</summary>
    Task<PartitionErasureResult> EraseAsync(ErasedPerson person, IProgress<string>? progress, CancellationToken cancel);
}

/// <param name="Store">The store's number.</param> <param name="UserId">The id in the clear.</param> <param name="Carts">Ids of carts known to be theirs; the erasure finds more in the journal.</param> <param name="Addresses">Addresses known to be theirs, in the clear.</param>
public sealed record ErasedPerson(int Store, string UserId, IReadOnlyList<string> Carts, IReadOnlyList<string> Addresses);
public sealed record PartitionErasureResult(long Records, long Entries, long Segments, long Bytes);
