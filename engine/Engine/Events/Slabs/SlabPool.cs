namespace CartRecovery.Engine.Events.Slabs;

/// <summary>
/// Pools slabs, reusing the most recently returned first because it is still in the cache. Retains at most <c>capacity</c>; the number in
/// use is bounded by the inboxes and the connections filling one. Thread-safe.
/// </summary>
public sealed class SlabPool(int capacity)
{
    static readonly TimeSpan s_poll = TimeSpan.FromMilliseconds(10);

    readonly EventSlab[] _free = new EventSlab[capacity];
    readonly Lock _gate = new();

    // Rented slabs by the parity of the period in which they were rented: as in read-copy-update, a period ends when its count is zero.
    readonly int[] _rented = new int[2];
    int _period;
    int _count;

    /// <summary>Rents an empty slab.</summary>
    public EventSlab Rent()
    {
        EventSlab? slab = null;
        int period;
        lock (_gate)
        {
            if (_count > 0)
            {
                slab = _free[--_count];
            }

            period = _period;
            _rented[period]++;
        }

        // Allocated outside the lock, for which other threads wait.
        slab ??= new EventSlab();
        slab.Period = period;
        return slab;
    }

    /// <summary>Returns a slab; no other reference to it may remain.</summary>
    public void Return(EventSlab slab)
    {
        slab.Reset();
        lock (_gate)
        {
            if (slab.Period >= 0)
            {
                _rented[slab.Period]--;
                slab.Period = -1;
            }

            if (_count < _free.Length)
            {
                _free[_count++] = slab;
            }
        }
    }

    /// <summary>Waits until every slab that was rented before the call is returned, without a timeout. Allows one call at a time.</summary>
    /// <param name="time">The clock of the polls.</param>
    /// <param name="cancellation">Ends the wait.</param>
    public async Task DrainAsync(TimeProvider time, CancellationToken cancellation)
    {
        // Includes slabs that a cancelled call was waiting for.
        while (!TryBeginPeriod())
        {
            await Task.Delay(s_poll, time, cancellation);
        }

        while (!IsFormerPeriodOver())
        {
            await Task.Delay(s_poll, time, cancellation);
        }
    }

    bool TryBeginPeriod()
    {
        lock (_gate)
        {
            if (_rented[1 - _period] > 0)
            {
                return false;
            }

            _period = 1 - _period;
            return true;
        }
    }

    bool IsFormerPeriodOver()
    {
        lock (_gate)
        {
            return _rented[1 - _period] == 0;
        }
    }
}
