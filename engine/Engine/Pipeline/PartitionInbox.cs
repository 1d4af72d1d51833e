using System.Threading.Channels;

namespace CartRecovery.Engine.Pipeline;

/// <summary>
/// A partition's bounded queue: many writers, one worker that blocks on it. When it is full, writers wait, and with them the clients'
/// TCP windows. The worker's wait and the writers' wake-up are a monitor, so that neither allocates.
/// </summary>
public sealed class PartitionInbox
{
    readonly Channel<object> _channel;
    readonly object _gate = new();
    bool _waiting;

    /// <summary>An empty queue.</summary>
    /// <param name="capacity">Slabs and questions at the most.</param>
    public PartitionInbox(int capacity) =>
        _channel = Channel.CreateBounded<object>(new BoundedChannelOptions(capacity) { SingleReader = true });

    /// <summary>How much is in it.</summary>
    public int Depth => _channel.Reader.Count;

    /// <summary>Appends, unless it is full or closed.</summary>
    public bool TryEnqueue(object item)
    {
        if (!_channel.Writer.TryWrite(item))
        {
            return false;
        }

        Wake();
        return true;
    }

    /// <summary>Appends as soon as there is room.</summary>
    /// <exception cref="ChannelClosedException">The partition has stopped.</exception>
    public async ValueTask EnqueueAsync(object item, CancellationToken cancellationToken)
    {
        await _channel.Writer.WriteAsync(item, cancellationToken);
        Wake();
    }

    /// <summary>Takes nothing more in; what is in it is still worked off.</summary>
    public void Close()
    {
        _channel.Writer.TryComplete();
        Wake();
    }

    /// <summary>It is closed and empty.</summary>
    public bool IsDone => _channel.Reader.Completion.IsCompleted;

    /// <summary>Takes the oldest item. The worker's alone.</summary>
    public bool TryDequeue([System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out object? item) => _channel.Reader.TryRead(out item);

    /// <summary>Blocks the worker until something comes in or the time is over.</summary>
    public void Wait(int milliseconds)
    {
        lock (_gate)
        {
            Volatile.Write(ref _waiting, true);
            // The writer looks at _waiting after it wrote: one of the two sees the other.
            Interlocked.MemoryBarrier();
            if (Depth == 0 && !IsDone)
            {
                Monitor.Wait(_gate, milliseconds);
            }

            Volatile.Write(ref _waiting, false);
        }
    }

    /// <summary>Blocks the worker for a time, whatever comes in: a batch gathers meanwhile.</summary>
    public void Gather(int milliseconds)
    {
        lock (_gate)
        {
            Monitor.Wait(_gate, milliseconds);
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
