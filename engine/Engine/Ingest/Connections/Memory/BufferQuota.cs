namespace CartRecovery.Engine.Ingest.Connections.Memory;

/// <summary>
/// Bounds the memory that clients use beyond each one's allowance. Reserve before use. Waiters are served in order. Any thread.
/// </summary>
/// <param name="capacity">The memory in bytes, 1 or more.</param>
public sealed class BufferQuota(long capacity)
{
    readonly Queue<Waiter> _waiting = new();
    readonly Lock _gate = new();
    long _used;
    int _waiters;

    /// <summary>The memory in bytes.</summary>
    public long Capacity => capacity;

    /// <summary>Bytes reserved.</summary>
    public long Used => Volatile.Read(ref _used);

    /// <summary>Whether a caller waits for memory.</summary>
    public bool IsExhausted => Volatile.Read(ref _waiters) > 0;

    /// <summary>Reserves memory, if it is free and no other caller waits.</summary>
    public bool TryReserve(long bytes)
    {
        lock (_gate)
        {
            return _waiters == 0 && TryUse(bytes);
        }
    }

    /// <summary>Reserves memory once it is free, in the order of the calls.</summary>
    /// <param name="bytes">The number of bytes; more than the capacity waits for all of it.</param>
    /// <param name="timeout">How long to wait.</param>
    /// <param name="time">The clock.</param>
    /// <param name="gone">Completes when the client disconnects; <see langword="null"/> if that does not happen.</param>
    /// <returns><see langword="false"/> on timeout, or if the client disconnects.</returns>
    public async ValueTask<bool> ReserveAsync(long bytes, TimeSpan timeout, TimeProvider time, Task? gone = null)
    {
        Waiter waiter;
        lock (_gate)
        {
            if (_waiters == 0 && TryUse(bytes))
            {
                return true;
            }

            waiter = new Waiter(bytes);
            _waiting.Enqueue(waiter);
            _waiters++;
        }

        try
        {
            var granted = waiter.Granted.Task;
            await (gone is null ? granted : Task.WhenAny(granted, gone)).WaitAsync(timeout, time);
        }
        catch (TimeoutException)
        {
            // Decided below: it may just have been granted.
        }

        return !GiveUp(waiter);
    }

    /// <summary>Gives memory back.</summary>
    public void Release(long bytes)
    {
        lock (_gate)
        {
            Volatile.Write(ref _used, _used - bytes);
            Serve();
        }
    }

    // False if it has just been granted.
    bool GiveUp(Waiter waiter)
    {
        lock (_gate)
        {
            if (waiter.Granted.Task.IsCompleted)
            {
                return false;
            }

            waiter.IsOver = true;
            _waiters--;
            Serve();
            return true;
        }
    }

    void Serve()
    {
        while (_waiting.TryPeek(out var next) && (next.IsOver || TryUse(next.Bytes)))
        {
            _waiting.Dequeue();
            if (!next.IsOver)
            {
                _waiters--;
                next.Granted.SetResult();
            }
        }
    }

    bool TryUse(long bytes)
    {
        if (_used > 0 && _used + bytes > capacity)
        {
            return false;
        }

        Volatile.Write(ref _used, _used + bytes);
        return true;
    }

    sealed class Waiter(long bytes)
    {
        public long Bytes => bytes;

        public TaskCompletionSource Granted { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public bool IsOver { get; set; }
    }
}
