namespace CartRecovery.Contracts;

/// <summary>
/// A place that interventions go to. The engine owns batching, timeouts, retries and how many writes are in flight; a sink connects,
/// writes a batch and closes. With <c>maxInFlight</c> above 1 the engine calls <see cref="WriteAsync"/> concurrently, but never while
/// <see cref="ConnectAsync"/> is under way. A call that ignores its cancellation keeps its place among those in flight until it
/// returns; disposing does not wait for it.
/// </summary>
public interface ISink : IAsyncDisposable
{
    /// <summary>
    /// Opens what the sink needs, and first closes what is left of an earlier connection. Called before the first write, and again before
    /// the next one when a write threw.
    /// </summary>
    /// <param name="cancellationToken">Cancelled when the sink's timeout is over, or the engine stops.</param>
    /// <exception cref="Exception">Any: the engine tries again with backoff.</exception>
    ValueTask ConnectAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Delivers a batch. An item that is not marked counts as delivered when this returns before its token is cancelled; when it throws, or
    /// returns later, the item is tried again. Delivery is thus at least once, and a receiver knows an intervention by its id.
    /// </summary>
    /// <param name="batch">1 or more interventions, and a verdict for each.</param>
    /// <param name="cancellationToken">Cancelled when the sink's timeout is over, or the engine stops.</param>
    /// <exception cref="Exception">Any: what is not marked is tried again, over a new connection. The message is logged, so it must not
    /// say who the shopper is.</exception>
    ValueTask WriteAsync(DeliveryBatch batch, CancellationToken cancellationToken);
}

/// <summary>What a sink's factory returns.</summary>
/// <param name="Sink">The sink, not yet connected.</param>
/// <param name="CheckHealthAsync">Says whether the sink can deliver now; shown at <c>/health</c>. It must not deliver anything.</param>
public sealed record SinkInstance(ISink Sink, Func<CancellationToken, ValueTask<SinkHealth>> CheckHealthAsync);

/// <summary>Whether a sink can deliver.</summary>
/// <param name="Healthy">It can.</param>
/// <param name="Detail">Why not, or what it is connected to: one line.</param>
public sealed record SinkHealth(bool Healthy, string Detail);
