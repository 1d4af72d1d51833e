using CartRecovery.Engine.Journal;
using CartRecovery.Engine.Pipeline;
using CartRecovery.Engine.State;
using CartRecovery.Engine.State.Carts;

namespace CartRecovery.Engine.Migration;

/// <summary>Counts a partition's records.</summary>
/// <param name="Records">Records of carts and customers, including superseded ones.</param>
/// <param name="Bytes">Bytes of them.</param>
public readonly record struct RecordCount(long Records, long Bytes)
{
    /// <summary>Reads the numbers of the newest checkpoint, without changing anything.</summary>
    /// <param name="folder">The folder of a partition's checkpoints.</param>
    /// <returns><see langword="null"/> if there is no checkpoint.</returns>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static RecordCount? OfNewest(string folder) => CheckpointFolder.Newest(folder) is { } newest
        ? Of(PartitionCheckpoints.CartsOf(newest)) + Of(PartitionCheckpoints.CustomersOf(newest)) : null;

    /// <summary>Adds the numbers.</summary>
    public static RecordCount operator +(RecordCount left, RecordCount right) => new(left.Records + right.Records, left.Bytes + right.Bytes);

    static RecordCount Of(string checkpoint)
    {
        var (bytes, size) = StoreCheckpoints.SizeOf(checkpoint, CartRecord.Shape);
        return new RecordCount(bytes / size, bytes);
    }
}
