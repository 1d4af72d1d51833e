namespace CartRecovery.Engine.Journeys;

/// <summary>Lets callers wait until the journals are processed up to certain addresses. Thread-safe.</summary>
sealed class JourneyProgress
{
    readonly List<(long[] Addresses, TaskCompletionSource Done)> _waiters = [];
    readonly Lock _gate = new();
    bool _isEnded;

    /// <summary><see langword="true"/> if somebody waits.</summary>
    public bool IsAwaited
    {
        get
        {
            lock (_gate)
            {
                return _waiters.Count > 0;
            }
        }
    }

    /// <summary>Completes once everything before the addresses is committed.</summary>
    public Task WaitAsync(long[] addresses)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate)
        {
            if (_isEnded)
            {
                return Task.FromException(new System.Threading.Channels.ChannelClosedException());
            }

            _waiters.Add((addresses, done));
        }

        return done.Task;
    }

    /// <summary>Reports that everything before the addresses is committed.</summary>
    public void Advance(IReadOnlyList<long> committed)
    {
        lock (_gate)
        {
            _waiters.RemoveAll(waiter => IsBefore(waiter.Addresses, committed) && waiter.Done.TrySetResult());
        }
    }

    /// <summary>Fails everybody who waits, now and later.</summary>
    public void End()
    {
        lock (_gate)
        {
            _isEnded = true;
            _waiters.ForEach(waiter => waiter.Done.TrySetException(new System.Threading.Channels.ChannelClosedException()));
            _waiters.Clear();
        }
    }

    static bool IsBefore(long[] addresses, IReadOnlyList<long> committed)
    {
        for (var i = 0; i < addresses.Length; i++)
        {
            if (addresses[i] > committed[i])
            {
                return false;
            }
        }

        return true;
    }
}
