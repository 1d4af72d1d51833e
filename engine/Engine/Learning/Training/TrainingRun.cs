using CartRecovery.Engine.Learning.Datasets;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Learning.Training;

/// <summary>How a training run is stopped, resumed and bounded. None of it changes the result.</summary>
public sealed record TrainingRun
{
    /// <summary>Stops training after the current tree.</summary>
    public CancellationToken Cancellation { get; init; }

    /// <summary>
    /// A file for the trees so far. A run that finds one of the same rows, options and seed continues it, and gives the same bytes as one that
    /// was never stopped; any other file is replaced. Deleted at the end.
    /// </summary>
    public string? CheckpointPath { get; init; }

    /// <summary>Trees from one checkpoint to the next, 1 or more.</summary>
    public int CheckpointEvery { get; init; } = 50;

    /// <summary>Maximum memory besides the rows themselves, in bytes.</summary>
    public long MaxBytes { get; init; } = 4L << 30;

    /// <summary>Receives the number of trees trained, after each.</summary>
    public Action<int>? Progress { get; init; }

    /// <summary>
    /// Runs a function on a thread of the lowest priority, so that the engine's threads go first. One function runs at a time in the process:
    /// training uses one core at most.
    /// </summary>
    /// <param name="work">The function. Its exception is rethrown.</param>
    /// <param name="cancellation">Gives up waiting for an earlier function.</param>
    public static async Task<T> InBackgroundAsync<T>(Func<T> work, CancellationToken cancellation)
    {
        await s_one.WaitAsync(cancellation).ConfigureAwait(false);
        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        try
        {
            var thread = new Thread(() =>
            {
                BackgroundPriority.Enter();
                try
                {
                    done.SetResult(work());
                }
                catch (Exception e)
                {
                    done.SetException(e);
                }
            })
            { IsBackground = true, Name = "training" };
            thread.Start();
            return await done.Task.ConfigureAwait(false);
        }
        finally
        {
            s_one.Release();
        }
    }

    static readonly SemaphoreSlim s_one = new(1, 1);

    /// <summary>Computes the memory that training takes besides the rows, in bytes.</summary>
    internal static long Bytes(TrainingSet set, BoostedTreesOptions options)
    {
        const int PerRow = 2 * sizeof(float) + sizeof(float) + 2 * sizeof(int) + sizeof(bool), PerSlot = 16;
        long slots = (long)set.Features.Count * options.MaxBins;
        return set.Count * (long)(set.Features.Count + PerRow) + (options.MaxLeaves + 1L) * slots * PerSlot;
    }

    internal void CheckMemory(TrainingSet set, BoostedTreesOptions options)
    {
        if (Bytes(set, options) is var needed && needed > MaxBytes)
        {
            throw new ArgumentException(
                $"Training needs {needed >> 20} MB and may take {MaxBytes >> 20} MB. Train on fewer rows or features, or with fewer bins or leaves.", nameof(set));
        }
    }
}
