namespace CartRecovery.Engine.Backtest;

/// <summary>A range of arrival times.</summary>
/// <param name="From">The first millisecond, since 1970 UTC.</param>
/// <param name="To">The first millisecond after it.</param>
public readonly record struct TimeRange(long From, long To)
{
    /// <summary>The range of all times.</summary>
    public static TimeRange Everything => new(long.MinValue, long.MaxValue);

    /// <summary>Returns whether a moment is in the range.</summary>
    public bool Contains(long moment) => moment >= From && moment < To;
}
