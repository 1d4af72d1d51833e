using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Ingest.Connections;

/// <summary>Holds up every partition that decides something, until it is opened.</summary>
sealed class LimiterFixture : IDisposable
{
    readonly ManualResetEventSlim _open = new();
    int _waiting;

    public LimiterFixture(InProcessEngine engine) => engine.Host.Journeys.OnDecided = _ =>
    {
        Interlocked.Increment(ref _waiting);
        _open.Wait();
    };

    /// <summary>A partition stands before it.</summary>
    public bool IsReached => Volatile.Read(ref _waiting) > 0;

    public void Open() => _open.Set();

    // Not disposed of: the engine, which is stopped after a failed test, must get through.
    public void Dispose() => _open.Set();
}
