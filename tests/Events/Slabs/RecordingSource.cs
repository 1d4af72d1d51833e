using System.Collections.Concurrent;
using CartRecovery.Engine.Events;
using CartRecovery.Engine.Events.Shoppers;
using CartRecovery.Engine.Events.Slabs;
using CartRecovery.Engine.Ingest.Routing;

namespace CartRecovery.Tests.Events.Slabs;

/// <summary>An event source that records its notifications.</summary>
sealed class RecordingSource : IEventSource, IRejectedEvents
{
    public long ConnectionId { get; init; }

    public ConcurrentQueue<(int Partition, long UpTo)> Processed { get; } = [];

    public List<(long Index, string Code)> Rejected { get; } = [];

    public ConcurrentQueue<long> Refused { get; } = [];

    public Action<int, long>? WhenProcessed { get; set; }

    public void OnProcessed(int partition, long upTo)
    {
        Processed.Enqueue((partition, upTo));
        WhenProcessed?.Invoke(partition, upTo);
    }

    public ulong Network => 0;

    public BotEvidence Bot { get; init; }

    public void OnForeign(EventSlab slab, in SourceRun run, int first)
    {
        for (var i = first; i < run.End; i++)
        {
            if ((slab.Records[i].Flags & EventFlags.Foreign) != 0)
            {
                Refused.Enqueue(run.IndexOf(slab.Records[i]));
            }
        }
    }

    public void OnRejected(long index, EventProblem problem)
    {
        Assert.That(problem.Message, Is.Not.Empty);
        Rejected.Add((index, problem.Code));
    }
}
