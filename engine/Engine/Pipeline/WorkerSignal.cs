namespace CartRecovery.Engine.Pipeline;

/// <summary>
/// Lets a worker wait for several inboxes at once. Waiting and waking use a monitor, so neither allocates; a writer takes no lock unless
/// the worker waits for its inbox.
/// </summary>
public sealed class WorkerSignal
{
    readonly object _gate = new();

    /// <summary>Blocks the worker until one of the inboxes has an item or is done, or the time is over.</summary>
    /// <param name="milliseconds">The time, 0 or more.</param>
    /// <param name="inboxes">The inboxes to wait for; no other one wakes the worker. May be empty.</param>
    public void Wait(int milliseconds, List<PartitionInbox> inboxes)
    {
        lock (_gate)
        {
            SetAwaited(inboxes, isAwaited: true);

            // A writer reads the flag after its write, so at least one of the two sees the other.
            Interlocked.MemoryBarrier();
            if (!HasWork(inboxes))
            {
                Monitor.Wait(_gate, milliseconds);
            }

            SetAwaited(inboxes, isAwaited: false);
        }
    }

    /// <summary>Wakes the worker.</summary>
    internal void Wake()
    {
        lock (_gate)
        {
            Monitor.Pulse(_gate);
        }
    }

    static void SetAwaited(List<PartitionInbox> inboxes, bool isAwaited)
    {
        foreach (var inbox in inboxes)
        {
            inbox.IsAwaited = isAwaited;
        }
    }

    static bool HasWork(List<PartitionInbox> inboxes)
    {
        foreach (var inbox in inboxes)
        {
            if (inbox.HasWork)
            {
                return true;
            }
        }

        return false;
    }
}
