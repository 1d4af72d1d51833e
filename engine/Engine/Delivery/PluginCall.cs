namespace CartRecovery.Engine.Delivery;

/// <summary>The result of a call into a sink, as seen by the caller.</summary>
/// <param name="InTime">Whether it ended within its timeout; otherwise it was cancelled.</param>
/// <param name="Running">The call itself, still running if the sink ignores its token. Never fails: its result is the sink's
/// exception.</param>
readonly record struct PluginCall(bool InTime, Task<Exception?> Running)
{
    // The time a cancelled sink gets to unwind before the caller continues without it.
    static readonly TimeSpan s_grace = TimeSpan.FromMilliseconds(100);

    static readonly PoolContext s_pool = new();

    /// <summary>
    /// Calls a sink such that nothing it does (blocking its thread, hanging, throwing synchronously, ignoring its token) delays the
    /// caller beyond the timeout and a short grace period.
    /// </summary>
    /// <param name="call">The sink's code.</param>
    /// <param name="ended">Called once when the call ends, however late, with its exception.</param>
    /// <param name="timeout">The timeout.</param>
    /// <param name="time">The clock for the timeout.</param>
    /// <param name="stop">Ends the timeout early.</param>
    public static async Task<PluginCall> RunAsync(
        Func<CancellationToken, ValueTask> call, Action<Exception?> ended, TimeSpan timeout, TimeProvider time, CancellationToken stop)
    {
        // Not linked to the engine's own token: callbacks that the sink registers must not run in, or throw into, the engine's
        // cancellation.
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
        {
            return new PluginCall(InTime: true, running);
        }

        _ = cancellation.CancelAsync();
        await ((Task)running).WaitAsync(s_grace, time, CancellationToken.None).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return new PluginCall(InTime: false, running);
    }

    // The sink's continuations run on the thread pool, not on the socket threads, because they may block.
    sealed class PoolContext : SynchronizationContext
    {
        public override void Post(SendOrPostCallback d, object? state) => ThreadPool.QueueUserWorkItem(_ => d(state));
    }
}
