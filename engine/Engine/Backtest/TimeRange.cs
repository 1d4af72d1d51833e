namespace CartRecovery.Engine.Backtest;

/// <summary>A span of the time at which events were received.</summary>
/// <param name="From">Its first millisecond since 1970 UTC.</param>
/// <param name="To">The first millisecond behind it.</param>
public readonly record struct TimeRange(long From, long To)
{
    /// <summary>All time.</summary>
    public static TimeRange Everything => new(long.MinValue, long.MaxValue);

    /// <summary>The moment is in it.</summary>
    public bool Contains(long moment) => moment >= From && moment < To;
}
