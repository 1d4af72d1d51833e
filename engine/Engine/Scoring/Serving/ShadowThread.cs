using CartRecovery.Primitives;

namespace CartRecovery.Engine.Scoring.Serving;

/// <summary>Scores shadows, and follows the canary's carts, on a thread of the lowest priority, beside the partitions' workers.</summary>
/// <param name="plan">Returns the plan in force.</param>
/// <param name="time">The clock.</param>
/// <param name="onFault">Receives what ended the thread, if anything did.</param>
public sealed class ShadowThread(Func<ServingPlan> plan, TimeProvider time, Action<Exception> onFault) : IDisposable
{
    // A partition's queue holds what 100,000 rows a second bring in this time.
    const int PauseMilliseconds = 10, IdleMilliseconds = 500;

    readonly ManualResetEventSlim _stop = new();
    Thread? _thread;

    /// <summary>Starts the thread.</summary>
    public void Start()
    {
        _thread = new Thread(Run) { IsBackground = true, Name = "shadows" };
        _thread.Start();
    }

    /// <summary>Stops the thread, after its batch.</summary>
    public void Dispose()
    {
        _stop.Set();
        _thread?.Join();
        _stop.Dispose();
    }

    void Run()
    {
        BackgroundPriority.Enter();
        using var scorer = new ShadowScorer(time);
        try
        {
            while (!_stop.IsSet)
            {
                var now = plan();
                if (scorer.Step(now) + (now.Canary?.Drain() ?? 0) == 0)
                {
                    _stop.Wait(now.Shadows.IsEmpty && now.Canary is null ? IdleMilliseconds : PauseMilliseconds);
                }
            }
        }
#pragma warning disable CA1031 // Shadows end; the engine goes on.
        catch (Exception e)
#pragma warning restore CA1031
        {
            onFault(e);
        }
    }
}
