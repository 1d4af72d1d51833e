using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Ingest.Connections;

/// <summary>Blocks every partition that makes a decision until it is opened.</summary>
sealed class DecisionGate : IDisposable
{
    readonly ManualResetEventSlim _open = new();
    int _waiting;

    public DecisionGate(InProcessEngine engine) => engine.Host.Journeys.OnDecided = _ =>
    {
        Interlocked.Increment(ref _waiting);
        _open.Wait();
    };

    /// <summary>Whether a partition is blocked.</summary>
    public bool IsReached => Volatile.Read(ref _waiting) > 0;

    public void Open() => _open.Set();

    // Not disposed: after a failed test, stopping the engine must still pass it.
    public void Dispose() => _open.Set();
}
