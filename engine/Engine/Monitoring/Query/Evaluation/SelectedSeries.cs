namespace CartRecovery.Engine.Monitoring.Query.Evaluation;

/// <summary>A series that a selector or subquery has read.</summary>
sealed class SelectedSeries(SeriesLabels labels, SeriesSample[] samples)
{
    int _cursor;

    public SeriesLabels Labels => labels;

    /// <summary>The last sample at or before a time, if it is no older than the lookback and no stale marker.</summary>
    public bool TryGetLatest(long time, long lookback, out SeriesSample sample)
    {
        var at = UpperBound(time) - 1;
        sample = at >= 0 ? samples[at] : default;
        return at >= 0 && sample.Time >= time - lookback && !StaleMarker.Is(sample.Value);
    }

    /// <summary>The samples of a range, both ends inclusive.</summary>
    public ReadOnlySpan<SeriesSample> Slice(long start, long end)
    {
        var from = LowerBound(start);
        var to = UpperBound(end);
        return to > from ? samples.AsSpan(from, to - from) : default;
    }

    // Steps ascend, so the next result is near the last one.
    int UpperBound(long time)
    {
        if (_cursor > 0 && samples[_cursor - 1].Time > time)
        {
            _cursor = LowerBound(time + 1);
        }

        for (var steps = 0; _cursor < samples.Length && samples[_cursor].Time <= time; _cursor++)
        {
            if (++steps > 16)
            {
                _cursor = LowerBound(time + 1);
                break;
            }
        }

        return _cursor;
    }

    int LowerBound(long time)
    {
        var (low, high) = (0, samples.Length);
        while (low < high)
        {
            var middle = (low + high) / 2;
            (low, high) = samples[middle].Time < time ? (middle + 1, high) : (low, middle);
        }

        return low;
    }
}
