namespace CartRecovery.Engine.Monitoring.History;

/// <summary>The places of series: some are reserved, and series that have ended give theirs to new ones.</summary>
public sealed partial class MetricHistory
{
    // How long a sweep that finds nothing is not repeated. Else refused samples would pin a core.
    const long SweepInterval = 30_000;

    List<HistorySeries> _evicted = [];
    long _nextSweep;

    // The caller holds the lock.
    bool HasPlace(SeriesOwner owner, long now)
    {
        var reserve = _options.MaxSeries / 10;
        var limit = _options.MaxSeries - (owner switch { SeriesOwner.Engine => 0, SeriesOwner.Rule => reserve, _ => 2 * reserve });
        if (_series.Count >= limit && now >= _nextSweep)
        {
            Evict(now);
        }

        return _series.Count < limit;
    }

    // Removes the hundredth of the series that ended first. What is in memory or not yet on disk stays. The next flush deletes their samples.
    void Evict(long now)
    {
        var ended = _series.Values.Where(series => series.Open is null && series.Closed.Count == 0 && series.LastTime < now - Grace)
            .OrderBy(series => series.LastTime).Take(Math.Max(1, _options.MaxSeries / 100)).ToList();
        foreach (var series in ended)
        {
            Remove(series);
        }

        _evicted.AddRange(ended);
        _nextSweep = ended.Count == 0 ? now + SweepInterval : _nextSweep;
    }

    void Remove(HistorySeries series)
    {
        _series.Remove(series.Labels);
        var named = _byName[series.Labels.MetricName];
        named.Remove(series);
        if (named.Count == 0)
        {
            _byName.Remove(series.Labels.MetricName);
        }
    }

    // Before new series are written: one of them may have the same labels.
    void DeleteEvicted(List<HistorySeries> evicted)
    {
        foreach (var series in evicted)
        {
            for (var level = 0; level < _levels.Count; level++)
            {
                _levels.Bytes[level] -= _writer.DeleteChunks(level, series.Id, HistoryRows.LastWindow);
            }

            _writer.DeleteSeries(series.Id);
        }
    }
}
