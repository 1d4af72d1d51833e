using CartRecovery.Engine.Monitoring.Query;

namespace CartRecovery.Engine.Monitoring.Alerts;

/// <summary>The series of an engine without a history of metrics: none. Rules then see no data.</summary>
public sealed class NoSeries : ISeriesSource, ISeriesSink
{
    /// <inheritdoc/>
    public IEnumerable<Series> Select(IReadOnlyList<LabelMatcher> matchers, long from, long to) => [];

    /// <inheritdoc/>
    public void Append(SeriesLabels labels, long time, double value)
    {
    }
}
