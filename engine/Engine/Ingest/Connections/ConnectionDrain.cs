using CartRecovery.Engine.Ingest.Connections.Output;
using CartRecovery.Engine.Ingest.Routing;

namespace CartRecovery.Engine.Ingest.Connections;

/// <summary>Waits for acknowledgements and the resulting interventions before a connection closes.</summary>
sealed class ConnectionDrain(Outbound output, IngestOptions options)
{
    /// <summary>How long to wait for the client's last events to be decided, and for its last answers to be sent.</summary>
    public static readonly TimeSpan Timeout = TimeSpan.FromSeconds(4);

    // How long to wait then for the interventions that the events led to.
    static readonly TimeSpan s_answerTimeout = TimeSpan.FromSeconds(1);

    TaskCompletionSource? _drained;

    /// <summary>The connection's router; null until its first event.</summary>
    public EventRouter? Router { get; set; }

    /// <summary>Whether everything taken is processed or rejected.</summary>
    public bool IsDrained => Router is null || Router.Progress.UpTo == Router.Received;

    /// <summary>Ends the wait once everything is processed. Called after each processed slab, on any thread.</summary>
    public void Check()
    {
        // Both sides write before they read, so whichever finishes last sees the other.
        Interlocked.MemoryBarrier();
        if (Volatile.Read(ref _drained) is { } drained && IsDrained)
        {
            drained.TrySetResult();
        }
    }

    /// <summary>Waits, then closes the output. A client that has sent its last byte may still wait for the outcome.</summary>
    /// <param name="isReading">Whether the client still reads, so that interventions are waited for too.</param>
    /// <param name="close">Closes the output. Called once everything is processed: what comes after it is not sent.</param>
    public async Task FinishAsync(bool isReading, Action close)
    {
        var drained = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Volatile.Write(ref _drained, drained);
        Check();
        await WaitAsync(Task.WhenAny(drained.Task, output.Closed), Timeout);
        if (isReading && Router is not null && drained.Task.IsCompleted && options.WhenInterventionsSentAsync is { } whenAnswered)
        {
            await WaitAsync(Task.WhenAny(whenAnswered(), output.Closed), s_answerTimeout);
        }

        close();
        await WaitAsync(output.Closed, Timeout);
    }

    static async Task WaitAsync(Task task, TimeSpan timeout)
    {
        try
        {
            await task.WaitAsync(timeout);
        }
        catch (TimeoutException)
        {
            // The client is gone, or the disk is slow.
        }
    }
}
