using System.Threading.Channels;

namespace CartRecovery.Engine.Pipeline;

/// <summary>
/// A partition's bounded queue: many writers, one reader, which waits at its <see cref="WorkerSignal"/>. When the queue is full, writers
/// wait, which pushes back on the clients' TCP windows.
/// </summary>
public sealed class PartitionInbox
{
    readonly Channel<object> _channel;
    bool _isAwaited;

    /// <summary>Creates an empty queue.</summary>
    /// <param name="capacity">Maximum number of slabs and requests.</param>
    public PartitionInbox(int capacity) =>
        _channel = Channel.CreateBounded<object>(new BoundedChannelOptions(capacity) { SingleReader = true });

    /// <summary>The signal of the worker that reads the queue; several inboxes may share one.</summary>
    public WorkerSignal Signal { get; init; } = new();

    /// <summary>Number of items in the queue.</summary>
    public int Depth => _channel.Reader.Count;

    /// <summary>Appends an item; returns <see langword="false"/> if the queue is full or closed.</summary>
    public bool TryEnqueue(object item)
    {
        if (!_channel.Writer.TryWrite(item))
        {
            return false;
        }

        Wake();
        return true;
    }

    /// <summary>Appends an item once there is room.</summary>
    /// <exception cref="ChannelClosedException">The partition has stopped.</exception>
    public async ValueTask EnqueueAsync(object item, CancellationToken cancellationToken)
    {
        await _channel.Writer.WriteAsync(item, cancellationToken);
        Wake();
    }

    /// <summary>Closes the queue to writers. Items already in it are still processed.</summary>
    public void Close()
    {
        _channel.Writer.TryComplete();
        Wake();
    }

    /// <summary><see langword="true"/> once the queue is closed and empty.</summary>
    public bool IsDone => _channel.Reader.Completion.IsCompleted;

    /// <summary><see langword="true"/> if the worker has something to do: an item, or the end.</summary>
    internal bool HasWork => Depth > 0 || IsDone;

    /// <summary>Whether the next item wakes the worker.</summary>
    internal bool IsAwaited
    {
        set => Volatile.Write(ref _isAwaited, value);
    }

    /// <summary>Removes the oldest item. Called by the worker only.</summary>
    public bool TryDequeue([System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out object? item) => _channel.Reader.TryRead(out item);

    void Wake()
    {
        Interlocked.MemoryBarrier();
        if (Volatile.Read(ref _isAwaited))
        {
            Signal.Wake();
        }
    }
}
