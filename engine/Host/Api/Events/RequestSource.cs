using CartRecovery.Engine.ControlPlane;
using CartRecovery.Engine.Events;
using CartRecovery.Engine.Ingest;

namespace CartRecovery.Host.Api.Events;

/// <summary>One request as a source of events.</summary>
sealed class RequestSource : IEventSource, IRejectedEvents
{
    // How long a client is kept waiting for a disk that does not answer.
    static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public RequestSource(IngestOptions options, StoreKey key)
    {
        IsPublishable = key.Kind == KeyKind.Publishable;
        Router = new EventRouter(
            options.Partitions, options.RulesFor(key), options.MaxBatch, Protocol.Http, options.Counters, this, this, options.DeadLetters);
    }

    // Nothing can be sent back later.
    public long ConnectionId => 0;

    public bool IsPublishable { get; }

    public EventRouter Router { get; }

    public List<(long Index, EventProblem Problem)> Rejected { get; } = [];

    public void OnRejected(long index, EventProblem problem) => Rejected.Add((index, problem));

    public void OnProcessed(int partition, long upTo)
    {
        Router.Progress.Complete(partition, upTo);
        if (Router.Progress.UpTo == Router.Taken)
        {
            _done.TrySetResult();
        }
    }

    /// <summary>Takes one message of events: what it has is decided on, or rejected.</summary>
    /// <param name="json">One event, or an array.</param>
    /// <param name="cancellationToken">Ends the wait for partitions that are behind.</param>
    public ValueTask SubmitAsync(ReadOnlySpan<byte> json, CancellationToken cancellationToken)
    {
        Router.BeginRead();
        Router.TakeJson(json);
        return Router.SubmitAsync(cancellationToken);
    }

    /// <summary>Takes events of the engine's own making through the front door.</summary>
    /// <returns>Whether they are durable.</returns>
    public static async Task<bool> TakeAsync(IngestOptions options, StoreKey key, ReadOnlyMemory<byte> json, CancellationToken cancellationToken)
    {
        var source = new RequestSource(options, key);
        await source.SubmitAsync(json.Span, cancellationToken);
        return await source.WaitAsync(cancellationToken);
    }

    /// <summary>Waits until the events are durable and decided on.</summary>
    /// <returns>False when that was not done in time.</returns>
    public async Task<bool> WaitAsync(CancellationToken cancellationToken)
    {
        if (Router.Progress.UpTo == Router.Taken)
        {
            return true;
        }

        try
        {
            await _done.Task.WaitAsync(s_patience, cancellationToken);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }
}
