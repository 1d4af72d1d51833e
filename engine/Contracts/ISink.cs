namespace CartRecovery.Contracts;

/// <summary>
/// Delivers interventions to a receiver. The engine queues, batches, times out, retries and limits the writes in flight; a sink connects,
/// writes a batch and closes. With <c>maxInFlight</c> above 1 the engine calls <see cref="WriteAsync"/> concurrently, but never during
/// <see cref="ConnectAsync"/>. A call that ignores its cancellation occupies one of <c>maxInFlight</c> until it returns; disposal does not
/// wait for it. Disposing twice is allowed.
/// </summary>
public interface ISink : IAsyncDisposable
{
    /// <summary>
    /// Opens what the sink needs, after closing what an earlier connection left. Called before the first write, and again before the next
    /// write when one threw.
    /// </summary>
    /// <param name="cancellationToken">Cancelled when the sink's <c>timeout</c> expires or the engine stops.</param>
    /// <exception cref="Exception">Any: the engine retries with backoff.</exception>
    ValueTask ConnectAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Delivers a batch and marks each item: delivered, retry, rejected or bounced. An item without a mark is not delivered: the engine
    /// retries it. Delivery is thus at least once; the receiver recognises a repetition by the intervention's id.
    /// </summary>
    /// <param name="batch">One or more interventions, each with a verdict to set.</param>
    /// <param name="cancellationToken">Cancelled when the sink's <c>timeout</c> expires or the engine stops.</param>
    /// <exception cref="Exception">Any: the engine reconnects, then retries the items without a mark. The message is logged, so it must
    /// contain neither a secret nor anything that identifies the shopper.</exception>
    ValueTask WriteAsync(DeliveryBatch batch, CancellationToken cancellationToken);
}

/// <summary>The result of a sink's factory.</summary>
/// <param name="Sink">The sink, not yet connected.</param>
/// <param name="CheckHealthAsync">Reports whether the sink can deliver now, for <c>/health</c>. It must not deliver anything, and is
/// cancelled after two seconds.</param>
public sealed record SinkInstance(ISink Sink, Func<CancellationToken, ValueTask<SinkHealth>> CheckHealthAsync);

/// <summary>Whether a sink can deliver.</summary>
/// <param name="Healthy"><see langword="true"/> if it can.</param>
/// <param name="Detail">Why not, or what it is connected to: one line, without secrets.</param>
public sealed record SinkHealth(bool Healthy, string Detail);
