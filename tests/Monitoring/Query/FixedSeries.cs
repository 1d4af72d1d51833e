using CartRecovery.Engine.Monitoring.Query;

namespace CartRecovery.Tests.Monitoring.Query;

/// <summary>Series in memory.</summary>
sealed class FixedSeries(IEnumerable<Series> series) : ISeriesSource
{
    readonly Series[] _series = [.. series];

    public IReadOnlyList<Series> All => _series;

    public IEnumerable<Series> Select(IReadOnlyList<LabelMatcher> matchers, long from, long to) =>
        _series.Where(s => matchers.All(m => m.IsMatch(s.Labels)))
            .Select(s => new Series(s.Labels, [.. s.Samples.Where(sample => sample.Time >= from && sample.Time <= to)]))
            .Where(s => s.Samples.Length > 0);
}
