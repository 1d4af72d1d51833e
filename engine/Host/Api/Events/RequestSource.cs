using CartRecovery.Engine.ControlPlane.Keys;
using CartRecovery.Engine.Events;
using CartRecovery.Engine.Events.Shoppers;
using CartRecovery.Engine.Events.Slabs;
using CartRecovery.Engine.Ingest;
using CartRecovery.Engine.Ingest.Access;
using CartRecovery.Engine.Ingest.Routing;

namespace CartRecovery.Host.Api.Events;

/// <summary>An HTTP request as an event source.</summary>
sealed class RequestSource : IEventSource, IRejectedEvents
{
    // The longest wait for durability before the client gets an error.
    static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    long _duplicates;
    readonly RejectionList _rejected = new();
    readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <param name="options">The options of ingest.</param>
    /// <param name="client">Who sends it.</param>
    public RequestSource(IngestOptions options, Client client)
    {
        Bot = client.Bot;
        Network = client.Key.Store.Ids.NetworkOf(client.Address);
        Router = new EventRouter(
            options.Partitions, options.RulesFor(client), options.MaxBatch, Protocol.Http, options.Counters, this, this, options.DeadLetters);
    }

    // A request has no connection to deliver interventions to.
    public long ConnectionId => 0;

    public ulong Network { get; }

    public BotEvidence Bot { get; }

    public EventRouter Router { get; }

    /// <summary>The rejected events so far, in order.</summary>
    public IReadOnlyList<(long Index, EventProblem Problem)> Rejected => _rejected.ToArray();

    /// <summary>Events that repeat earlier ones, of those that are processed.</summary>
    public long Duplicates => Interlocked.Read(ref _duplicates);

    public void OnDuplicates(int count) => Interlocked.Add(ref _duplicates, count);

    public void OnRejected(long index, EventProblem problem) => _rejected.OnRejected(index, problem);

    public void OnForeign(EventSlab slab, in SourceRun run, int first) => Router.RejectForeign(slab, run, first, this);

    public void OnProcessed(int partition, long upTo)
    {
        Router.Progress.Complete(partition, upTo);
        if (Router.Progress.UpTo == Router.Received)
        {
            _done.TrySetResult();
        }
    }

    /// <summary>Decodes a message and submits its events; invalid ones are added to <see cref="Rejected"/>.</summary>
    /// <param name="json">One event, or an array.</param>
    /// <param name="cancellationToken">Cancels the wait for partitions under backpressure.</param>
    public ValueTask SubmitAsync(ReadOnlySpan<byte> json, CancellationToken cancellationToken)
    {
        Router.BeginRead();
        Router.RouteJson(json);
        return Router.SubmitAsync(cancellationToken);
    }

    /// <summary>Ingests events that the engine itself creates.</summary>
    /// <returns>Whether they are durable.</returns>
    public static async Task<bool> IngestAsync(IngestOptions options, StoreKey key, ReadOnlyMemory<byte> json, CancellationToken cancellationToken)
    {
        var source = new RequestSource(options, new Client(key));
        await source.SubmitAsync(json.Span, cancellationToken);
        return await source.WaitAsync(cancellationToken);
    }

    /// <summary>Waits until the events are durable and decided on.</summary>
    /// <returns><see langword="false"/> on timeout.</returns>
    public async Task<bool> WaitAsync(CancellationToken cancellationToken)
    {
        if (Router.Progress.UpTo == Router.Received)
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
