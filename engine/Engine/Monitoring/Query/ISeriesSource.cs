namespace CartRecovery.Engine.Monitoring.Query;

/// <summary>Supplies series to queries: the metric history, or samples in memory in a rule test. Any thread may read.</summary>
public interface ISeriesSource
{
    /// <summary>Reads the series that all matchers match, with their samples in a range. Stale markers are included.</summary>
    /// <param name="matchers">At least one; one of them does not match the empty value.</param>
    /// <param name="from">The first time, in milliseconds since the Unix epoch, inclusive.</param>
    /// <param name="to">The last time, inclusive.</param>
    /// <returns>Series with at least one sample, each label set once, in any order.</returns>
    IEnumerable<Series> Select(IReadOnlyList<LabelMatcher> matchers, long from, long to);
}
