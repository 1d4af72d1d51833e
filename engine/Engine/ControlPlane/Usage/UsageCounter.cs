namespace CartRecovery.Engine.ControlPlane.Usage;

/// <summary>Counts the usage of a store, or of one of its keys, in the current day or month. Thread-safe.</summary>
/// <param name="store">The store's id.</param>
/// <param name="key">The key's id; empty to count for the store.</param>
/// <param name="kind">What is counted.</param>
public sealed class UsageCounter(string store, string key, UsageKind kind)
{
    /// <summary>The share of a quota at which <see cref="Level"/> becomes 1.</summary>
    public const double WarningShare = 0.8;

    long _stored, _pending, _limit;
    volatile string _period = "";

    /// <summary>The store's id.</summary>
    public string Store => store;

    /// <summary>The key's id; empty if it counts for the store.</summary>
    public string Key => key;

    /// <summary>What is counted.</summary>
    public UsageKind Kind => kind;

    /// <summary>The day or month, as <c>2027-01-31</c> or <c>2027-01</c>, in the store's time zone.</summary>
    public string Period => _period;

    /// <summary>The quota; 0 for none.</summary>
    public long Limit
    {
        get => Volatile.Read(ref _limit);
        set => Volatile.Write(ref _limit, value);
    }

    /// <summary>Usage in the period. Counts of other engines are some seconds old.</summary>
    public long Count => Volatile.Read(ref _stored) + Volatile.Read(ref _pending);

    /// <summary>Whether the quota is used up.</summary>
    public bool IsExceeded => Limit is > 0 and var limit && Count >= limit;

    /// <summary>0 below 80% of the quota, 1 from 80%, 2 from 100%.</summary>
    public int Level => Limit is not (> 0 and var limit) ? 0 : Count >= limit ? 2 : Count >= WarningShare * limit ? 1 : 0;

    /// <summary>The highest level reported in this period.</summary>
    internal int Reported { get; set; }

    /// <summary>The count that is not stored yet.</summary>
    internal long Pending => Volatile.Read(ref _pending);

    /// <summary>Adds to the count.</summary>
    public void Add(long count) => Interlocked.Add(ref _pending, count);

    /// <summary>Starts a new period.</summary>
    /// <param name="period">The day or month.</param>
    /// <param name="stored">The count stored for it.</param>
    /// <returns>The unstored count of the previous period.</returns>
    internal long Begin(string period, long stored)
    {
        var left = Interlocked.Exchange(ref _pending, 0);
        Volatile.Write(ref _stored, stored);
        (_period, Reported) = (period, 0);
        return left;
    }

    /// <summary>Moves a stored count from pending to stored.</summary>
    internal void Confirm(string period, long delta, long stored)
    {
        if (period == _period)
        {
            Interlocked.Add(ref _pending, -delta);
            Volatile.Write(ref _stored, stored);
        }
    }
}
