namespace CartRecovery.Engine.Scoring.Serving;

/// <summary>
/// A bounded queue from a partition to the thread that judges models: a ring for one writer and one reader, without locks (Lamport 1983). The writer keeps
/// the last position of the reader that it has seen, and looks again only when the ring seems full, so that the two rarely share a cache line
/// (Giacomoni et al. 2008). A full ring drops the item.
/// </summary>
/// <typeparam name="T">The items.</typeparam>
public sealed class FeedRing<T> : IModelFeed
    where T : struct
{
    readonly T[] _items;
    readonly int _mask;
    FeedPositions.Writer _writer;
    FeedPositions.Reader _reader;

    /// <summary>Creates a ring.</summary>
    /// <param name="capacity">Maximum number of items, a power of two.</param>
    public FeedRing(int capacity)
    {
        (_items, _mask) = (new T[capacity], capacity - 1);
    }

    /// <summary>Maximum number of items.</summary>
    public int Capacity => _items.Length;

    /// <inheritdoc/>
    public long Dropped => Volatile.Read(ref _writer.Dropped);

    /// <inheritdoc/>
    public int Waiting => (int)(Volatile.Read(ref _writer.Published) - Volatile.Read(ref _reader.Position));

    /// <inheritdoc/>
    public bool IsClosed => Volatile.Read(ref _writer.IsClosed);

    /// <summary>The items that are reserved and not published. The writer.</summary>
    internal int Reserved => _writer.Reserved;

    /// <summary>The item of a slot.</summary>
    internal ref T this[int slot] => ref _items[slot];

    /// <summary>Reserves a slot. The writer.</summary>
    /// <param name="slot">The slot to fill, before <see cref="Publish"/>.</param>
    /// <returns><see langword="false"/> if there is no room: the item is dropped.</returns>
    internal bool TryReserve(out int slot)
    {
        var position = _writer.Published + _writer.Reserved;
        slot = (int)position & _mask;
        if (position - _writer.Seen >= _items.Length && position - (_writer.Seen = Volatile.Read(ref _reader.Position)) >= _items.Length)
        {
            Volatile.Write(ref _writer.Dropped, _writer.Dropped + 1);
            return false;
        }

        _writer.Reserved++;
        return true;
    }

    /// <summary>The slot of a reserved item. The writer.</summary>
    /// <param name="offset">0 for the oldest.</param>
    internal int ReservedSlot(int offset) => (int)(_writer.Published + offset) & _mask;

    /// <summary>Publishes the reserved items. The writer.</summary>
    internal void Publish()
    {
        Volatile.Write(ref _writer.Published, _writer.Published + _writer.Reserved);
        _writer.Reserved = 0;
    }

    /// <summary>Adds an item, unless the ring is full. The writer.</summary>
    public void Write(in T item)
    {
        if (TryReserve(out var slot))
        {
            _items[slot] = item;
            Publish();
        }
    }

    /// <summary>Says that no more items come. The writer.</summary>
    public void Close() => Volatile.Write(ref _writer.IsClosed, true);

    /// <summary>The slot of an item that waits. The reader.</summary>
    /// <param name="offset">0 for the oldest.</param>
    internal int WaitingSlot(int offset) => (int)(_reader.Position + offset) & _mask;

    /// <summary>Frees the oldest items. The reader.</summary>
    internal void Free(int count) => Volatile.Write(ref _reader.Position, _reader.Position + count);
}
