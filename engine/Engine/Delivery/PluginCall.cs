namespace CartRecovery.Engine.Delivery;

/// <summary>How a call into a sink ended for the caller.</summary>
/// <param name="InTime">It ended before its time was over; otherwise it was cancelled.</param>
/// <param name="Running">The call itself; it may still be going, if the sink ignores its token. It never fails: its result is what the
/// sink threw.</param>
readonly record struct PluginCall(bool InTime, Task<Exception?> Running)
{
    // What a cancelled sink gets to unwind before the caller goes on without it.
    static readonly TimeSpan Grace = TimeSpan.FromMilliseconds(100);

    static readonly PoolContext s_pool = new();

    /// <summary>
    /// Calls a sink so that nothing it does (blocking its thread, hanging, throwing at once, ignoring its token) can hold up the caller
    /// for longer than the timeout and a moment's grace.
    /// </summary>
    /// <param name="call">The sink's code.</param>
    /// <param name="ended">Called once when it is over, however late, with what it threw.</param>
    /// <param name="timeout">How long it has.</param>
    /// <param name="time">The clock of the timeout.</param>
    /// <param name="stop">Cuts the timeout short.</param>
    public static async Task<PluginCall> RunAsync(
        Func<CancellationToken, ValueTask> call, Action<Exception?> ended, TimeSpan timeout, TimeProvider time, CancellationToken stop)
    {
        // Not linked to the engine's own token: what the sink registers on it must not run in, or throw into, the engine's cancellation.
        var cancellation = new CancellationTokenSource();
        var running = Task.Run(async () =>
        {
            SynchronizationContext.SetSynchronizationContext(s_pool);
            Exception? error = null;
            try
            {
                await call(cancellation.Token);
            }
            catch (Exception thrown)
            {
                error = thrown;
            }

            ended(error);
            return error;
        }, CancellationToken.None);

        await ((Task)running).WaitAsync(timeout, time, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (running.IsCompleted)
            return new PluginCall(InTime: true, running);

        _ = cancellation.CancelAsync();
        await ((Task)running).WaitAsync(Grace, time, CancellationToken.None).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return new PluginCall(InTime: false, running);
    }

    // What a sink does when its receiver has answered runs on the pool, not on the thread that waits for the sockets: it may block.
    sealed class PoolContext : SynchronizationContext
    {
        public override void Post(SendOrPostCallback d, object? state) => ThreadPool.QueueUserWorkItem(_ => d(state));
    }
}
