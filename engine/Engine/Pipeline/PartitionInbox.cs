using System.Threading.Channels;

namespace CartRecovery.Engine.Pipeline;

/// <summary>
/// A partition's bounded queue: many writers, one blocking reader. When it is full, writers wait, which pushes back on the clients' TCP
/// windows; those that cannot wait stop before, at the <see cref="InboxGate"/>. Waiting and waking use a monitor, so neither allocates.
/// </summary>
public sealed class PartitionInbox
{
    readonly Channel<object> _channel;
    readonly object _gate = new();
    readonly InboxGate _readers;
    readonly int _high;
    bool _waiting;
    bool _isHigh;

    /// <summary>Creates an empty queue.</summary>
    /// <param name="capacity">Maximum number of slabs and requests.</param>
    /// <param name="readers">Closed while less than a quarter of the queue is free, until half of it is; null for nobody's.</param>
    public PartitionInbox(int capacity, InboxGate? readers = null)
    {
        _channel = Channel.CreateBounded<object>(new BoundedChannelOptions(capacity) { SingleReader = true });
        _readers = readers ?? new InboxGate();
        _high = Math.Max(1, capacity / 4 * 3);
    }

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

    /// <summary>Blocks the worker until an item arrives or the time is over.</summary>
    public void Wait(int milliseconds)
    {
        lock (_gate)
        {
            Volatile.Write(ref _waiting, true);
            // A writer reads _waiting after its writes, so at least one of the two sees the other.
            Interlocked.MemoryBarrier();
            if (Depth == 0 && !IsDone && !_isHigh)
            {
                Monitor.Wait(_gate, milliseconds);
            }

            Volatile.Write(ref _waiting, false);
        }
    }

    /// <summary>Blocks the worker for the whole time while a batch fills.</summary>
    public void Gather(int milliseconds)
    {
        lock (_gate)
        {
            Monitor.Wait(_gate, milliseconds);
        }
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
        lock (_gate)
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
        if (Volatile.Read(ref _waiting))
        {
            lock (_gate)
            {
                Monitor.Pulse(_gate);
            }
        }
    }
}
