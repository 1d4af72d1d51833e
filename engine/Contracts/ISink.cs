namespace CartRecovery.Contracts;

/// <summary>
/// A place that interventions go to. The engine owns batching, timeouts, retries and how many writes are in flight; a sink connects,
/// writes a batch and closes. With <c>maxInFlight</c> above 1 the engine calls <see cref="WriteAsync"/> concurrently.
/// </summary>
public interface ISink : IAsyncDisposable
{
    /// <summary>Opens what the sink needs. Called before the first write, and again after a failure of it.</summary>
    /// <exception cref="Exception">Any: the engine tries again with backoff.</exception>
    ValueTask ConnectAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Delivers a batch. An item that is not marked otherwise counts as delivered when this returns, and is tried again when it throws.
    /// </summary>
    /// <param name="batch">1 or more interventions, and a verdict for each.</param>
    /// <param name="cancellationToken">Cancelled when the sink's timeout is over, or the engine stops.</param>
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
