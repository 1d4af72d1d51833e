using CartRecovery.Engine.State.Carts;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Pipeline;

/// <summary>A request for a sample of a partition's carts.</summary>
/// <param name="count">Maximum number of records to visit.</param>
/// <param name="visit">Receives the carts.</param>
sealed class CartSample(int count, CartVisitor visit)
{
    /// <summary>The number of visited records, and of records in memory.</summary>
    public TaskCompletionSource<(int Looked, long Records)> Result { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Takes the sample. Worker thread only.</summary>
    public void Run(PartitionStages stages)
    {
        try
        {
            var keys = new List<Hash128>(count);
            var sampled = stages.Stores.Carts.SampleInMemory(count, Random.Shared, keys);
            foreach (var key in keys)
            {
                if (stages.Find(key) is { } cart)
                {
                    visit(cart);
                }
            }

            Result.SetResult(sampled);
        }
#pragma warning disable CA1031 // An exception of the visitor is passed to the caller, and must not fail the partition.
        catch (Exception e)
#pragma warning restore CA1031
        {
            Result.TrySetException(e);
        }
    }
}
