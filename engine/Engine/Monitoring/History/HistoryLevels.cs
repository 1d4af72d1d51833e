namespace CartRecovery.Engine.Monitoring.History;

/// <summary>The windows and ages of a history's levels.</summary>
sealed class HistoryLevels
{
    /// <summary>The window of the finest level.</summary>
    public const long FinestSpan = 2 * 3600 * 1000L;

    // A chunk of one window has 500 to 1,500 samples.
    const long TargetSamples = 1440;

    readonly long[] _spans;
    readonly long[] _intervals;
    readonly long[] _keep;

    /// <exception cref="ArgumentException">The levels are invalid; the message says why.</exception>
    public HistoryLevels(IReadOnlyList<HistoryLevel> levels)
    {
        if (levels.Count is < 1 or > 4)
        {
            throw new ArgumentException("a history has 1 to 4 levels");
        }

        _intervals = [.. levels.Select(level => (long)level.Interval.TotalMilliseconds)];
        _keep = [.. levels.Select(level => (long)level.Keep.TotalMilliseconds)];
        _spans = [.. _intervals.Select((interval, level) =>
            level == 0 ? FinestSpan : Math.Max(FinestSpan, interval * TargetSamples / FinestSpan * FinestSpan))];
        for (var level = 0; level < levels.Count; level++)
        {
            if (_intervals[level] < 1000 || FinestSpan % _intervals[level] != 0)
            {
                throw new ArgumentException($"the interval {levels[level].Interval} does not divide 2 hours, or is shorter than a second");
            }

            if (_keep[level] < FinestSpan)
            {
                throw new ArgumentException("a level is kept for at least 2 hours");
            }

            if (level > 0 && (_intervals[level] <= _intervals[level - 1] || _keep[level] <= _keep[level - 1]))
            {
                throw new ArgumentException("each level is coarser than the one before and kept longer");
            }
        }

        Cutoffs = new long[levels.Count];
        Bytes = new long[levels.Count];
    }

    /// <summary>The number of levels.</summary>
    public int Count => _spans.Length;

    /// <summary>The first time that each level keeps. Replaced as a whole.</summary>
    public long[] Cutoffs { get; set; }

    /// <summary>The bytes of each level's chunks.</summary>
    public long[] Bytes { get; }

    /// <summary>The interval of a level in milliseconds.</summary>
    public long Interval(int level) => _intervals[level];

    /// <summary>How long a level is kept, in milliseconds.</summary>
    public long Keep(int level) => _keep[level];

    /// <summary>The length of a level's windows in milliseconds.</summary>
    public long Span(int level) => _spans[level];

    /// <summary>The window of a time. Windows are <c>(start, end]</c>, as intervals are.</summary>
    public long Window(int level, long time) => (Math.Max(time, 1) - 1) / _spans[level];

    /// <summary>The first time that a level keeps by age, aligned to its windows.</summary>
    public long CutoffAt(int level, long now) => Math.Max(0, (now - _keep[level]) / _spans[level] * _spans[level]);
}
