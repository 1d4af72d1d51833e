namespace CartRecovery.Engine.Scoring.Serving;

/// <summary>The queues of a model, one per partition. Partitions add theirs at an exchange; the reader removes those that are closed.</summary>
/// <typeparam name="T">The kind of queue.</typeparam>
sealed class FeedRegistry<T>
    where T : class, IModelFeed
{
    readonly Lock _gate = new();
    T[] _feeds = [];
    long _droppedBefore;

    /// <summary>The queues.</summary>
    public T[] All => Volatile.Read(ref _feeds);

    /// <summary>Items dropped by all queues, including removed ones.</summary>
    public long Dropped
    {
        get
        {
            lock (_gate)
            {
                return _droppedBefore + _feeds.Sum(feed => feed.Dropped);
            }
        }
    }

    /// <summary>Adds a queue.</summary>
    public T Add(T feed)
    {
        lock (_gate)
        {
            Volatile.Write(ref _feeds, [.. _feeds, feed]);
        }

        return feed;
    }

    /// <summary>Forgets a queue that is closed and empty.</summary>
    public void Remove(T feed)
    {
        lock (_gate)
        {
            _droppedBefore += feed.Dropped;
            Volatile.Write(ref _feeds, [.. _feeds.Where(other => other != feed)]);
        }
    }
}
