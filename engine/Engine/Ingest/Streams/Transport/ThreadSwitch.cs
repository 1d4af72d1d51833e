using System.Runtime.CompilerServices;

namespace CartRecovery.Engine.Ingest.Streams.Transport;

/// <summary>
/// Awaited by a stream's reader to continue on its thread, as soon as events may be read there, when its bytes arrived on another one.
/// Reusable; one wait at a time.
/// </summary>
sealed class ThreadSwitch(PollingThread thread) : ICriticalNotifyCompletion, IThreadPoolWorkItem
{
    Action? _continuation;

    /// <summary>Whether this is the thread.</summary>
    public bool IsCompleted => PollingThread.Current == thread;

    public ThreadSwitch GetAwaiter() => this;

    public void GetResult()
    {
        // It is only about the thread.
    }

    /// <inheritdoc/>
    public void OnCompleted(Action continuation) => UnsafeOnCompleted(continuation);

    /// <inheritdoc/>
    public void UnsafeOnCompleted(Action continuation)
    {
        _continuation = continuation;
        thread.PostRead(this);
    }

    /// <inheritdoc/>
    public void Execute() => _continuation!();
}
