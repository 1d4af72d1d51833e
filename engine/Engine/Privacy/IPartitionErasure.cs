namespace CartRecovery.Engine.Privacy;

/// <summary>Erases people from the partitions: their state, checkpoints and journals.</summary>
public interface IPartitionErasure
{
    /// <summary>
    /// Erases the data of people from state and journals, in one pass: each journal is read once, and each partition makes one checkpoint. Idempotent: after a crash, a
    /// repeated call continues.
    /// </summary>
    Task<PartitionErasureResult> EraseAsync(IReadOnlyList<ErasedPerson> people, IProgress<string>? progress, CancellationToken cancel);

    /// <summary>Reads the users of all carts in the newest checkpoints. The journals have the later ones.</summary>
    /// <param name="onUser">Receives a store's number and a user's id, in UTF-8. A user may occur more than once.</param>
    /// <param name="cancel">Cancels the operation.</param>
    Task ReadUsersAsync(Action<int, ReadOnlySpan<byte>> onUser, CancellationToken cancel);
}

/// <summary>A person to erase from the partitions.</summary>
/// <param name="Store">The store's number.</param>
/// <param name="UserId">The person's id.</param>
/// <param name="Carts">The ids of the person's known carts; the erasure finds further ones in the journal.</param>
/// <param name="Addresses">The person's known addresses.</param>
public sealed record ErasedPerson(int Store, string UserId, IReadOnlyList<string> Carts, IReadOnlyList<string> Addresses);

/// <summary>The result of an erasure in all partitions.</summary>
/// <param name="Records">Number of ended records.</param>
/// <param name="Entries">Number of rewritten journal entries.</param>
/// <param name="Segments">Number of journal segments with rewritten entries.</param>
/// <param name="Bytes">Bytes of the rewritten entries.</param>
/// <param name="Carts">For each person, the ids of all known carts, including those that only a checkpoint or an archived journal named.</param>
public sealed record PartitionErasureResult(long Records, long Entries, long Segments, long Bytes, IReadOnlyList<IReadOnlyList<string>> Carts);
