using System.Threading.Tasks.Sources;

namespace CartRecovery.Engine.Ingest.Streams.Transport;

/// <summary>Continues a stream's reader on its thread, when its bytes arrived on another one. Reusable; one wait at a time.</summary>
sealed class ThreadSwitch(PollingThread thread) : IValueTaskSource, IThreadPoolWorkItem
{
    ManualResetValueTaskSourceCore<bool> _source;

    /// <summary>Completes on the thread, as soon as events may be read.</summary>
    public ValueTask EnterAsync()
    {
        if (PollingThread.Current == thread)
        {
            return ValueTask.CompletedTask;
        }

        _source.Reset();
        thread.PostRead(this);
        return new ValueTask(this, _source.Version);
    }

    /// <inheritdoc/>
    public void Execute() => _source.SetResult(true);

    /// <inheritdoc/>
    public void GetResult(short token) => _source.GetResult(token);

    /// <inheritdoc/>
    public ValueTaskSourceStatus GetStatus(short token) => _source.GetStatus(token);

    /// <inheritdoc/>
    public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _source.OnCompleted(continuation, state, token, flags);
}
