using System.Threading.Channels;

namespace CartRecovery.Engine.Pipeline;

/// <summary>
/// A partition's bounded queue: many writers, one reader, which waits at its <see cref="WorkerSignal"/>. When the queue is full, writers
/// wait, which pushes back on the clients' TCP windows; those that cannot wait stop before, at the <see cref="InboxGate"/>.
/// </summary>
public sealed class PartitionInbox
{
    readonly Channel<object> _channel;
    readonly InboxGate _readers;
    readonly Lock _level = new();
    readonly int _high;
    bool _isAwaited;
    bool _isHigh;

    /// <summary>Creates an empty queue.</summary>
    /// <param name="capacity">Maximum number of slabs and requests.</param>
    /// <param name="readers">Closed while less than a quarter of the queue is free, until half of it is; null for a gate of its own.</param>
    public PartitionInbox(int capacity, InboxGate? readers = null)
    {
        _channel = Channel.CreateBounded<object>(new BoundedChannelOptions(capacity) { SingleReader = true });
        _readers = readers ?? new InboxGate();
        _high = Math.Max(1, capacity / 4 * 3);
    }

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

        OnWritten();
        return true;
    }

    /// <summary>Appends an item, blocking the thread until there is room.</summary>
    /// <exception cref="ChannelClosedException">The partition has stopped.</exception>
    public void Enqueue(object item) => EnqueueAsync(item, CancellationToken.None).AsTask().GetAwaiter().GetResult();

    /// <summary>Appends an item once there is room.</summary>
    /// <exception cref="ChannelClosedException">The partition has stopped.</exception>
    public async ValueTask EnqueueAsync(object item, CancellationToken cancellationToken)
    {
        await _channel.Writer.WriteAsync(item, cancellationToken);
        OnWritten();
    }

    /// <summary>Closes the queue to writers. Items already in it are still processed.</summary>
    public void Close()
    {
        _channel.Writer.TryComplete();
        SetHigh(isHigh: false);
        Wake();
    }

    /// <summary><see langword="true"/> once the queue is closed and empty.</summary>
    public bool IsDone => _channel.Reader.Completion.IsCompleted;

    /// <summary><see langword="true"/> if the worker has something to do: an item, the end, or a gate that it must open.</summary>
    internal bool HasWork => Depth > 0 || IsDone || Volatile.Read(ref _isHigh);

    /// <summary>Whether the next item wakes the worker.</summary>
    internal bool IsAwaited
    {
        set => Volatile.Write(ref _isAwaited, value);
    }

    /// <summary>Removes the oldest item. Called by the worker only.</summary>
    public bool TryDequeue([System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out object? item)
    {
        var isTaken = _channel.Reader.TryRead(out item);
        if (Volatile.Read(ref _isHigh) && Depth <= _high / 3 * 2)
        {
            SetHigh(isHigh: false);
        }

        return isTaken;
    }

    void OnWritten()
    {
        if (Depth >= _high)
        {
            SetHigh(isHigh: true);
        }

        Wake();
    }

    void SetHigh(bool isHigh)
    {
        lock (_level)
        {
            if (_isHigh == isHigh)
            {
                return;
            }

            Volatile.Write(ref _isHigh, isHigh);
        }

        if (isHigh)
        {
            _readers.Close();
        }
        else
        {
            _readers.Open();
        }
    }

    void Wake()
    {
        Interlocked.MemoryBarrier();
        if (Volatile.Read(ref _isAwaited))
        {
            Signal.Wake();
        }
    }
}
