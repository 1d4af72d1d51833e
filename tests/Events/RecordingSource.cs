using System.Collections.Concurrent;
using CartRecovery.Engine.Events;
using CartRecovery.Engine.Ingest;

namespace CartRecovery.Tests.Events;

/// <summary>An event source that records its notifications.</summary>
sealed class RecordingSource : IEventSource, IRejectedEvents
{
    public long ConnectionId { get; init; }

    public bool IsPublishable { get; init; }

    public ConcurrentQueue<(int Partition, long UpTo)> Processed { get; } = [];

    public List<(long Index, string Code)> Rejected { get; } = [];

    public Action<int, long>? WhenProcessed { get; set; }

    public void OnProcessed(int partition, long upTo)
    {
        Processed.Enqueue((partition, upTo));
        WhenProcessed?.Invoke(partition, upTo);
    }

    public void OnRejected(long index, EventProblem problem)
    {
        Assert.That(problem.Message, Is.Not.Empty);
        Rejected.Add((index, problem.Code));
    }
}
