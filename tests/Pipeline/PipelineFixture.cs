using CartRecovery.Engine.Events.Slabs;
using CartRecovery.Engine.Ingest;
using CartRecovery.Engine.Ingest.Routing;
using CartRecovery.Engine.Pipeline;
using CartRecovery.Primitives;
using CartRecovery.Tests.Events;
using CartRecovery.Tests.Events.Slabs;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Pipeline;

/// <summary>The pipeline without sockets and threads: slabs are processed when the test asks.</summary>
sealed class PipelineFixture : IDisposable
{
    readonly PartitionSet _partitions;
    readonly PartitionStages[] _stages;
    readonly RecordingConsumer _consumer;
    long _receivedAt;

    /// <param name="options">The options of the stages.</param>
    /// <param name="partitions">The number of partitions.</param>
    /// <param name="receivedAt">The arrival time of all events.</param>
    /// <param name="consumer">Receives the decisions.</param>
    public PipelineFixture(PipelineOptions options, int partitions, long receivedAt, RecordingConsumer? consumer = null)
    {
        _consumer = consumer ?? new RecordingConsumer();

        // Its workers are not started: it only routes, and the stages beside it do the processing.
        _partitions = new PartitionSet(partitions, TestStages.Options([], memory: 1), new ManualTime(receivedAt), TimeSpan.Zero);
        _stages = [.. Enumerable.Range(0, partitions).Select(i => new PartitionStages(i, options, Counters[i]))];
        var source = new RecordingSource();
        Router = new EventRouter(_partitions, EventReading.AnyTime(), 2500, Protocol.WebSocket, new IngestCounters(), source, source);
        Rejected = source.Rejected;
        _receivedAt = receivedAt;
        Router.BeginRead();
    }

    public EventRouter Router { get; }

    public List<(long Index, string Code)> Rejected { get; }

    public PartitionCounters[] Counters { get; } = [.. Enumerable.Range(0, 8).Select(_ => new PartitionCounters())];

    public PartitionStages StagesOf(Hash128 cart) => _stages[_partitions.IndexOf(cart)];

    /// <summary>Folds the accepted events if they were received earlier than those that follow.</summary>
    /// <param name="at">When those that follow are received.</param>
    public void ReceiveAt(long at)
    {
        if (at != _receivedAt)
        {
            Process();
            _receivedAt = at;
            Router.BeginRead(at);
        }
    }

    /// <summary>Submits and folds the accepted events.</summary>
    public int Process()
    {
        if (!Router.SubmitAsync(default).IsCompletedSuccessfully)
        {
            throw new InvalidOperationException("The inboxes are full.");
        }

        var own = 0;
        for (var i = 0; i < _stages.Length; i++)
        {
            while (_partitions[i].Inbox.TryDequeue(out var item))
            {
                var slab = (EventSlab)item;
                own += _stages[i].Process(slab);
                HandOver(_stages[i]);
                _partitions.Slabs.Return(slab);
            }
        }

        return own;
    }

    /// <summary>Decides on the folded events.</summary>
    public void Decide()
    {
        foreach (var stages in _stages)
        {
            stages.Decide();
            HandOver(stages);
        }
    }

    void HandOver(PartitionStages stages) => _consumer.Take(stages.Decisions);

    public void Dispose()
    {
        foreach (var stages in _stages)
        {
            stages.Dispose();
        }

        _partitions.Dispose();
    }
}
