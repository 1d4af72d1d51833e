using CartRecovery.Engine.Events.Slabs;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Ingest.Connections;

/// <summary>Blocks an engine's first partition at its next commit, until it is opened.</summary>
sealed class PartitionGate : IEventSource, IDisposable
{
    readonly ManualResetEventSlim _open = new();
    int _waiting;

    public PartitionGate(InProcessEngine engine)
    {
        var slab = new EventSlab();
        slab.EndRun(this, upTo: 0);
        engine.Host.Partitions[0].Inbox.TryEnqueue(slab);
    }

    /// <summary>Whether the partition is blocked.</summary>
    public bool IsReached => Volatile.Read(ref _waiting) > 0;

    public long ConnectionId => 0;

    public void Open() => _open.Set();

    public ulong Network => 0;

    public void OnForeign(EventSlab slab, in SourceRun run, int first)
    {
    }

    public void OnProcessed(int partition, long upTo)
    {
        Interlocked.Increment(ref _waiting);
        _open.Wait();
    }

    // Not disposed: after a failed test, stopping the engine must still pass it.
    public void Dispose() => _open.Set();
}
