using System.Runtime.CompilerServices;

namespace CartRecovery.Engine.Ingest.Streams.Transport;

/// <summary>
/// Awaited by a stream's reader to continue on its thread, as soon as events may be read there. Reusable; one wait at a time.
/// </summary>
/// <param name="thread">The thread.</param>
/// <param name="isPolled">
/// Whether the thread itself reads the stream, so that each read is a turn. If not, every turn is posted: a stream that always has bytes
/// would not let the thread go otherwise.
/// </param>
sealed class ThreadSwitch(PollingThread thread, bool isPolled) : ICriticalNotifyCompletion, IThreadPoolWorkItem
{
    Action? _continuation;

    /// <summary>Whether the turn may begin at once.</summary>
    public bool IsCompleted => isPolled && PollingThread.Current == thread;

    public ThreadSwitch GetAwaiter() => this;

    public void GetResult()
    {
        // No result; the await only switches threads.
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
