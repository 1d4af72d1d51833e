namespace CartRecovery.Engine.Events;

/// <summary>
/// Pools slabs, reusing the most recently returned first because it is still in the cache. Retains at most <c>capacity</c>; the number in
/// use is bounded by the inboxes and the connections filling one.
/// </summary>
public sealed class SlabPool(int capacity)
{
    readonly EventSlab[] _free = new EventSlab[capacity];
    readonly Lock _gate = new();
    int _count;

    /// <summary>Rents an empty slab.</summary>
    public EventSlab Rent()
    {
        lock (_gate)
        {
            if (_count > 0)
            {
                return _free[--_count];
            }
        }

        return new EventSlab();
    }

    /// <summary>Returns a slab; no other reference to it may remain.</summary>
    public void Return(EventSlab slab)
    {
        slab.Reset();
        lock (_gate)
        {
            if (_count < _free.Length)
            {
                _free[_count++] = slab;
            }
        }
    }
}
