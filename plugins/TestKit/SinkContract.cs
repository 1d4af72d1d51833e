using CartRecovery.Contracts;

namespace CartRecovery.Plugins.TestKit;

/// <summary>Verifies a sink against the contract in <see cref="ISink"/>, <see cref="DeliveryBatch"/> and <see cref="SinkSpec"/>.</summary>
public static class SinkContract
{
    /// <summary>Runs every check that the receiver supports. Does not throw if the sink breaks its contract.</summary>
    /// <param name="spec">The sink type.</param>
    /// <param name="receiver">The receiver. Must be in the accepting behaviour, and is returned to it.</param>
    /// <param name="options">The sink's properties; <see langword="null"/> for the defaults.</param>
    /// <returns>The checks and their results; call <see cref="SinkContractReport.ThrowIfFailed"/> in a test.</returns>
    public static async Task<SinkContractReport> VerifyAsync(SinkSpec spec, SinkReceiver receiver, SinkContractOptions? options = null)
    {
        var run = new ContractRun(spec, receiver, options ?? new SinkContractOptions());
        var (factory, writes, failures, lifetime) = (new FactoryChecks(run), new WriteChecks(run), new FailureChecks(run), new LifetimeChecks(run));

        await run.CheckAsync("the factory opens nothing", factory.OpensNothingAsync);
        await run.CheckAsync("the factory rejects bad settings with SinkConfigurationException", factory.RejectsBadSettingsAsync);
        await run.CheckAsync("each item is delivered and marked exactly once", writes.MarksOnceAsync);
        await run.CheckAsync("a retry passes the same id", writes.PassesIdAsync, skip: !run.Options.PassesId || receiver.Received is null);
        await run.CheckAsync("concurrent writes are delivered", writes.ConcurrentlyAsync);
        await run.CheckAsync("a new connection replaces the old one", writes.AfterReconnectAsync);
        await run.CheckAsync("a cancelled token ends a connect and a write in time", writes.EndsWhenCancelledAsync);
        await run.CheckAsync(ReceiverBehaviour.Hang, "a write to a receiver that hangs ends when cancelled, undelivered", failures.HangAsync);
        await run.CheckAsync(ReceiverBehaviour.RefuseConnections, "a refused connection is retried", failures.RefuseAsync);
        await run.CheckAsync(ReceiverBehaviour.FailTemporarily, "a temporary failure is retried", failures.FailAsync);
        await run.CheckAsync(ReceiverBehaviour.Throttle, "a throttled item is retried after the receiver's wait", failures.ThrottleAsync);
        await run.CheckAsync(ReceiverBehaviour.RejectPermanently, "a permanent rejection is not retried", failures.RejectAsync);
        await run.CheckAsync("disposing twice is harmless", lifetime.DisposesTwiceAsync);
        await run.CheckAsync("no message contains a secret, no reason an address", lifetime.KeepsSecretsAsync);
        return new SinkContractReport(run.Checks);
    }
}
