using CartRecovery.Engine.Monitoring.Query;

namespace CartRecovery.Engine.Monitoring.Alerts;

/// <summary>Series in memory, for rule tests and backtests. Not thread-safe.</summary>
public sealed class MemorySeries : ISeriesSource, ISeriesSink
{
    readonly Dictionary<SeriesLabels, List<SeriesSample>> _series = [];
    readonly Dictionary<string, List<SeriesLabels>> _byName = new(StringComparer.Ordinal);

    /// <summary>The number of series.</summary>
    public int Count => _series.Count;

    /// <inheritdoc/>
    public void Append(SeriesLabels labels, long time, double value)
    {
        if (!_series.TryGetValue(labels, out var samples))
        {
            _series[labels] = samples = [];
            if (!_byName.TryGetValue(labels.MetricName, out var named))
            {
                _byName[labels.MetricName] = named = [];
            }

            named.Add(labels);
        }

        var sample = new SeriesSample(time, value);
        if (samples.Count == 0 || samples[^1].Time < time)
        {
            samples.Add(sample);
            return;
        }

        // A second value at one time replaces the first.
        var index = samples.FindIndex(s => s.Time >= time);
        if (samples[index].Time == time)
        {
            samples[index] = sample;
        }
        else
        {
            samples.Insert(index, sample);
        }
    }

    /// <inheritdoc/>
    public IEnumerable<Series> Select(IReadOnlyList<LabelMatcher> matchers, long from, long to)
    {
        var name = matchers.FirstOrDefault(matcher => matcher is { Name: SeriesLabels.Name, Match: LabelMatch.Equal })?.Value;
        var candidates = name is null ? _series.Keys : (IEnumerable<SeriesLabels>)_byName.GetValueOrDefault(name, []);
        foreach (var labels in candidates)
        {
            if (!matchers.All(matcher => matcher.IsMatch(labels)))
            {
                continue;
            }

            var samples = _series[labels];
            var first = FirstFrom(samples, from);
            var end = FirstFrom(samples, to + 1);
            if (end > first)
            {
                yield return new Series(labels, [.. samples[first..end]]);
            }
        }
    }

    static int FirstFrom(List<SeriesSample> samples, long time)
    {
        var (low, high) = (0, samples.Count);
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            (low, high) = samples[middle].Time < time ? (middle + 1, high) : (low, middle);
        }

        return low;
    }
}
