using CartRecovery.Engine.Monitoring.Query;

namespace CartRecovery.Engine.Monitoring.History;

/// <summary>Persisting, retention and recovery.</summary>
public sealed partial class MetricHistory
{
    /// <summary>
    /// Persists the samples appended since the last flush, writes complete windows to all levels, and deletes what is too old or too much.
    /// Call it at least every 30 seconds.
    /// </summary>
    /// <exception cref="IOException">The disk failed. The next flush tries again.</exception>
    public void Flush()
    {
        lock (_flushing)
        {
            var now = Now;
            var (samples, metadata, sealable, evicted, oldestOpen) = Collect(now);
            var bytes = (long[])_levels.Bytes.Clone();
            try
            {
                _writer.Transact(() =>
                {
                    DeleteEvicted(evicted);
                    Write(samples, metadata, sealable, oldestOpen);
                });
                Prune(now);
                Interlocked.Exchange(ref _usedBytes, _writer.UsedBytes);
            }
            catch (IOException e)
            {
                bytes.CopyTo(_levels.Bytes, 0);
                lock (_gate)
                {
                    _unlogged.InsertRange(0, samples);
                    _unsavedMetadata.InsertRange(0, metadata);
                    _evicted.InsertRange(0, evicted);
                }

                _problem = e.Message;
                throw;
            }

            MarkWritten(samples, sealable);
        }
    }

    (List<HistorySample> Samples, List<MetricMetadata> Metadata, List<(HistorySeries Series, int Windows, bool IsCounter)> Sealable, List<HistorySeries> Evicted, long OldestOpen)
        Collect(long now)
    {
        lock (_gate)
        {
            var sealable = new List<(HistorySeries, int, bool)>();
            var oldest = long.MaxValue;
            foreach (var series in _series.Values)
            {
                if (series.Open is { } open && ((open.Index + 1) * HistoryLevels.FinestSpan) + Grace < now)
                {
                    series.Closed.Add(open);
                    series.Open = null;
                }

                if (series.Closed.Count > 0)
                {
                    sealable.Add((series, series.Closed.Count, IsCounter(series.Labels.MetricName)));
                }

                oldest = Math.Min(oldest, series.Open?.FirstTime ?? long.MaxValue);
            }

            var (samples, metadata, evicted) = (_unlogged, _unsavedMetadata, _evicted);
            (_unlogged, _unsavedMetadata, _evicted) = ([], [], []);
            return (samples, metadata, sealable, evicted, oldest);
        }
    }

    void Write(List<HistorySample> samples, List<MetricMetadata> metadata, List<(HistorySeries Series, int Windows, bool IsCounter)> sealable, long oldestOpen)
    {
        foreach (var entry in metadata)
        {
            _writer.WriteMetadata(entry);
        }

        if (samples.Count > 0)
        {
            foreach (var series in samples.Select(sample => sample.Series).Where(series => !series.IsStored).Distinct())
            {
                _writer.WriteSeries(series);
            }

            _writer.AddLog(samples.Max(sample => sample.Time), HistoryLog.Encode(samples));
        }

        if (sealable.Count == 0)
        {
            return;
        }

        var writer = new HistoryWriter(_writer, _levels, ReportDamage);
        foreach (var (series, windows, isCounter) in sealable)
        {
            for (var i = 0; i < windows; i++)
            {
                var window = SamplesOf(series.Closed[i], series.Id);
                if (window.Count > 0)
                {
                    writer.Seal(series.Id, window, isCounter);
                    _writer.WriteSealed(series.Id, window[^1].Time);
                }
            }
        }

        for (var level = 0; level < _levels.Count; level++)
        {
            _writer.WriteLevel(level, _levels.Cutoffs[level], _levels.Bytes[level]);
        }

        _writer.DeleteLog(oldestOpen);
    }

    void MarkWritten(List<HistorySample> samples, List<(HistorySeries Series, int Windows, bool IsCounter)> sealable)
    {
        lock (_gate)
        {
            foreach (var sample in samples)
            {
                sample.Series.IsStored = true;
            }

            foreach (var (series, windows, _) in sealable)
            {
                var last = SamplesOf(series.Closed[windows - 1], series.Id);
                series.Sealed = last.Count > 0 ? last[^1].Time : series.Sealed;
                series.Closed.RemoveRange(0, windows);
            }

            if (samples.Count > 0 || sealable.Count > 0)
            {
                _problem = Interlocked.Read(ref _damaged) > 0 ? _problem : null;
            }
        }
    }

    List<SeriesSample> SamplesOf(HistoryWindow window, int series)
    {
        var (blocks, tail, samples) = (new List<byte[]>(), new List<SeriesSample>(), new List<SeriesSample>());
        window.CopyTo(long.MinValue, long.MaxValue, blocks, tail);
        foreach (var block in blocks)
        {
            Merge(block, long.MinValue, long.MaxValue, samples, series);
        }

        samples.AddRange(tail);
        return samples;
    }

    // By age, and by the bound on bytes.
    void Prune(long now)
    {
        var cutoffs = new long[_levels.Count];
        for (var level = 0; level < cutoffs.Length; level++)
        {
            cutoffs[level] = Math.Max(_levels.Cutoffs[level], _levels.CutoffAt(level, now));
        }

        if (_writer.UsedBytes > _options.MaxBytes)
        {
            var largest = Array.IndexOf(_levels.Bytes, _levels.Bytes.Max());
            var oldest = Math.Max(cutoffs[largest], OldestTime());
            var span = _levels.Span(largest);
            cutoffs[largest] = Math.Max(cutoffs[largest], Math.Max(oldest + ((now - oldest) / 10), oldest + span) / span * span);

            // A coarser level has all that a finer one has.
            for (var level = 1; level < cutoffs.Length; level++)
            {
                cutoffs[level - 1] = Math.Max(cutoffs[level - 1], cutoffs[level] / _levels.Span(level - 1) * _levels.Span(level - 1));
            }
        }

        if (cutoffs.AsSpan().SequenceEqual(_levels.Cutoffs))
        {
            return;
        }

        var gone = TakeExpired(cutoffs[^1]);
        _writer.Transact(() =>
        {
            var ids = _writer.Series().Select(series => series.Id).ToList();
            for (var level = 0; level < cutoffs.Length; level++)
            {
                if (cutoffs[level] > _levels.Cutoffs[level])
                {
                    var window = cutoffs[level] / _levels.Span(level);
                    _levels.Bytes[level] -= ids.Sum(id => _writer.DeleteChunks(level, id, window));
                    _writer.WriteLevel(level, cutoffs[level], _levels.Bytes[level]);
                }
            }

            foreach (var series in gone)
            {
                _writer.DeleteSeries(series.Id);
            }
        });
        _levels.Cutoffs = cutoffs;
    }

    List<HistorySeries> TakeExpired(long before)
    {
        lock (_gate)
        {
            var gone = _series.Values.Where(series => series.LastTime <= before && series.Open is null && series.Closed.Count == 0).ToList();
            gone.ForEach(Remove);
            return gone;
        }
    }

    long OldestTime()
    {
        lock (_gate)
        {
            return _series.Count == 0 ? 0 : _series.Values.Min(series => series.FirstTime);
        }
    }

    void Recover()
    {
        foreach (var (level, cutoff, bytes) in _writer.Levels())
        {
            if (level < _levels.Count)
            {
                (_levels.Cutoffs[level], _levels.Bytes[level]) = (cutoff, bytes);
            }
        }

        foreach (var metadata in _writer.Metadata())
        {
            _metadata[metadata.Name] = metadata;
        }

        var byId = new Dictionary<int, HistorySeries>();
        foreach (var (id, labels, first, end) in _writer.Series())
        {
            byId[id] = Register(new HistorySeries(id, labels, first) { IsStored = true, Sealed = end, LastTime = end, LastValue = double.NaN });
            _lastId = Math.Max(_lastId, id);
        }

        foreach (var row in _writer.Log())
        {
            try
            {
                HistoryLog.Decode(row, (id, time, value) =>
                {
                    if (byId.TryGetValue(id, out var series) && time > series.LastTime)
                    {
                        AddToWindow(series, time, value);
                    }
                });
            }
            catch (DamagedChunkException e)
            {
                ReportDamage($"a row of the log is damaged: {e.Message}");
            }
        }

        _usedBytes = _writer.UsedBytes;
    }

    void ReportDamage(string problem)
    {
        Interlocked.Increment(ref _damaged);
        _problem = problem;
    }

    // Without a word about the metric, its name says it.
    bool IsCounter(string name)
    {
        if (_metadata.TryGetValue(name, out var known) && known.Type is not (MetricType.Unknown or MetricType.Histogram or MetricType.Summary))
        {
            return known.Type == MetricType.Counter;
        }

        return name.EndsWith("_total", StringComparison.Ordinal) || name.EndsWith("_bucket", StringComparison.Ordinal)
            || name.EndsWith("_count", StringComparison.Ordinal) || name.EndsWith("_sum", StringComparison.Ordinal);
    }
}
