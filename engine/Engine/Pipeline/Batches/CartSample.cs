using CartRecovery.Engine.State;
using CartRecovery.Engine.State.Carts;

namespace CartRecovery.Engine.Pipeline.Batches;

/// <summary>A request for the next step of a sample of a partition's carts.</summary>
/// <param name="sample">The sample.</param>
/// <param name="visit">Receives the carts.</param>
sealed class CartSample(RecordSample sample, CartVisitor visit)
{
    /// <summary>How many records a step looks at: events wait for it.</summary>
    public const int Step = 200;

    /// <summary>Completes when the step was taken.</summary>
    public TaskCompletionSource Result { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Takes the step. On the worker.</summary>
    public void Run(PartitionStages stages)
    {
        try
        {
            stages.Stores.Carts.SampleInMemory(sample, Step, Random.Shared);
            foreach (var key in sample.Keys)
            {
                if (stages.Find(key) is { } cart)
                {
                    visit(key, cart);
                }
            }

            Result.SetResult();
        }
#pragma warning disable CA1031 // An exception of the visitor is passed to the caller, and must not fail the partition.
        catch (Exception e)
#pragma warning restore CA1031
        {
            Result.TrySetException(e);
        }
    }
}
