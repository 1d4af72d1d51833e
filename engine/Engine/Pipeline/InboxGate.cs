namespace CartRecovery.Engine.Pipeline;

/// <summary>
/// Pauses the reads of streams while an inbox is nearly full. Unread bytes stay in the sockets, and cost the engine nothing.
/// </summary>
public sealed class InboxGate
{
    int _closed;
    Action? _opened;

    /// <summary>Whether every inbox has room.</summary>
    public bool IsOpen => Volatile.Read(ref _closed) <= 0;

    /// <summary>Calls an action whenever the gate opens, on the thread that made room. Before the first inbox has a writer.</summary>
    public void WhenOpened(Action action) => _opened += action;

    /// <summary>Closes the gate for one more inbox.</summary>
    internal void Close() => Interlocked.Increment(ref _closed);

    /// <summary>Opens it for one of them.</summary>
    internal void Open()
    {
        if (Interlocked.Decrement(ref _closed) <= 0)
        {
            _opened?.Invoke();
        }
    }
}
