using CartRecovery.Engine.Journal;
using CartRecovery.Engine.Pipeline.Recovery;
using CartRecovery.Engine.State;
using CartRecovery.Engine.State.Carts;

namespace CartRecovery.Engine.Migration;

/// <summary>Counts a partition's records.</summary>
/// <param name="Records">Records of carts and customers, including superseded ones.</param>
/// <param name="CartBytes">Bytes of the carts.</param>
/// <param name="CustomerBytes">Bytes of the customers.</param>
public readonly record struct RecordCount(long Records, long CartBytes, long CustomerBytes)
{
    /// <summary>Reads the numbers of the newest checkpoint, without changing anything.</summary>
    /// <param name="folder">The folder of a partition's checkpoints.</param>
    /// <returns><see langword="null"/> if there is no checkpoint.</returns>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static RecordCount? OfNewest(string folder)
    {
        if (CheckpointFolder.Newest(folder) is not { } newest)
        {
            return null;
        }

        // Both checkpoints name the layout by the same number.
        var (carts, cart) = StoreCheckpoints.SizeOf(PartitionCheckpoints.CartsOf(newest), CartRecord.Shape);
        var (customers, customer) = StoreCheckpoints.SizeOf(PartitionCheckpoints.CustomersOf(newest), CartRecord.Shape);
        return new RecordCount((carts / cart) + (customers / customer), carts, customers);
    }

    /// <summary>Adds the numbers.</summary>
    public static RecordCount operator +(RecordCount left, RecordCount right) => new(
        left.Records + right.Records, left.CartBytes + right.CartBytes, left.CustomerBytes + right.CustomerBytes);
}
