namespace CartRecovery.Engine.Events;

/// <summary>
/// Lends slabs and takes them back, most recently used first because that one is still in the cache. It keeps at most
/// <c>capacity</c> of them; how many are out is bounded by the inboxes and the connections that fill one.
/// </summary>
public sealed class SlabPool(int capacity)
{
    readonly EventSlab[] _free = new EventSlab[capacity];
    readonly Lock _gate = new();
    int _count;

    /// <summary>An empty slab.</summary>
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

    /// <summary>Takes a slab back; nobody else may hold it.</summary>
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
