using CartRecovery.Engine.Monitoring.History;
using CartRecovery.Engine.Monitoring.Query;

namespace CartRecovery.Engine.Monitoring.Collection;

/// <summary>
/// Holds metrics that other programs push one value at a time, and writes them at each collection: a gauge as it was set last, a counter
/// as the sum of its increments. Any thread may push.
/// </summary>
/// <param name="history">Takes the samples.</param>
/// <param name="maxSeries">The most series.</param>
/// <param name="expires">A series that is not pushed for so long ends.</param>
public sealed class PushedMetrics(MetricHistory history, int maxSeries, TimeSpan expires)
{
    readonly Lock _gate = new();
    readonly Dictionary<SeriesLabels, Pushed> _series = [];

    /// <summary>Sets a gauge, or adds to a counter.</summary>
    /// <param name="labels">The series.</param>
    /// <param name="value">The value, or the increment, which is not negative.</param>
    /// <param name="isCounter">Whether the series is a counter.</param>
    /// <param name="now">The time in milliseconds since the Unix epoch.</param>
    /// <returns><c>false</c> if there are as many series as allowed.</returns>
    public bool Push(SeriesLabels labels, double value, bool isCounter, long now)
    {
        lock (_gate)
        {
            if (!_series.TryGetValue(labels, out var pushed))
            {
                if (_series.Count >= maxSeries)
                {
                    return false;
                }

                _series[labels] = pushed = new Pushed { Value = isCounter ? LastTotal(labels, now) : 0 };
            }

            pushed.Value = isCounter ? pushed.Value + value : value;
            pushed.At = now;
            return true;
        }
    }

    /// <summary>Writes all series.</summary>
    /// <param name="time">The time of the collection.</param>
    public void Collect(long time)
    {
        lock (_gate)
        {
            foreach (var (labels, pushed) in _series)
            {
                var isExpired = time - pushed.At > (long)expires.TotalMilliseconds;
                history.Append(labels, time, isExpired ? StaleMarker.Value : pushed.Value);
                if (isExpired)
                {
                    _series.Remove(labels);
                }
            }
        }
    }

    // A restart of the engine does not start the counter again.
    double LastTotal(SeriesLabels labels, long now)
    {
        LabelMatcher[] matchers = [.. labels.Select(label => new LabelMatcher(label.Key, LabelMatch.Equal, label.Value))];
        var last = history.Latest(matchers, now - (long)expires.TotalMilliseconds).FirstOrDefault(latest => latest.Labels.Equals(labels));
        return last.Labels is null ? 0 : last.Sample.Value;
    }

    sealed class Pushed
    {
        public double Value { get; set; }

        public long At { get; set; }
    }
}
