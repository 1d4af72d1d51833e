using CartRecovery.Engine.Events;

namespace CartRecovery.Engine.Ingest;

/// <summary>Counts the events that came with one store's keys.</summary>
public sealed class StoreCounters
{
    readonly long[] _received = new long[IngestCounters.Protocols.Count];
    readonly long[] _rejected = new long[EventProblem.Kinds];

    public void AddReceived(Protocol protocol, long events) => Interlocked.Add(ref _received[(int)protocol], events);

    public void AddRejected(EventErrorCode error) => Interlocked.Increment(ref _rejected[(int)error]);

    public long ReceivedBy(Protocol protocol) => Volatile.Read(ref _received[(int)protocol]);

    public long RejectedFor(EventErrorCode error) => Volatile.Read(ref _rejected[(int)error]);
}
