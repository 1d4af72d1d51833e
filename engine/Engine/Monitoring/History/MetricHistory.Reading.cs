using CartRecovery.Engine.Monitoring.Query;

namespace CartRecovery.Engine.Monitoring.History;

/// <summary>Reading of samples from memory and disk.</summary>
public sealed partial class MetricHistory
{
    SeriesSample[] Read(Snapshot snapshot, long from, long to)
    {
        var samples = new List<SeriesSample>();
        if (snapshot.Sealed >= from)
        {
            // Coarsest first: each level has what the finer ones no longer keep.
            var cutoffs = _levels.Cutoffs;
            for (var level = _levels.Count - 1; level >= 0; level--)
            {
                var first = Math.Max(from, cutoffs[level]);
                var last = level == 0 ? to : Math.Min(to, cutoffs[level - 1]);
                if (first <= last)
                {
                    ReadLevel(snapshot.Id, level, first, last, samples);
                }
            }
        }

        foreach (var block in snapshot.Blocks)
        {
            Merge(block, from, to, samples, snapshot.Id);
        }

        foreach (var sample in snapshot.Tail)
        {
            if (sample.Time >= from && sample.Time <= to && (samples.Count == 0 || sample.Time > samples[^1].Time))
            {
                samples.Add(sample);
            }
        }

        return [.. samples];
    }

    void ReadLevel(int series, int level, long from, long to, List<SeriesSample> samples)
    {
        List<byte[]> chunks;
        try
        {
            lock (_reading)
            {
                if (_isClosed)
                {
                    return;
                }

                chunks = _reader.Chunks(level, series, _levels.Window(level, from), _levels.Window(level, to));
            }
        }
        catch (IOException e)
        {
            Interlocked.Increment(ref _damaged);
            _problem = e.Message;
            return;
        }

        foreach (var chunk in chunks)
        {
            Merge(chunk, from, to, samples, series);
        }
    }

    // What is in memory may already be on disk as well.
    void Merge(byte[] chunk, long from, long to, List<SeriesSample> samples, int series)
    {
        var kept = samples.Count;
        var last = kept > 0 ? samples[^1].Time : long.MinValue;
        try
        {
            SampleChunk.Decode(chunk, samples);
        }
        catch (DamagedChunkException e)
        {
            Interlocked.Increment(ref _damaged);
            _problem = $"a chunk of series {series} is damaged: {e.Message}";
            return;
        }

        for (var i = kept; i < samples.Count; i++)
        {
            var sample = samples[i];
            if (sample.Time >= from && sample.Time <= to && sample.Time > last)
            {
                samples[kept++] = sample;
            }
        }

        samples.RemoveRange(kept, samples.Count - kept);
    }

    /// <summary>What a query needs of a series in memory.</summary>
    sealed record Snapshot(int Id, SeriesLabels Labels, long Sealed, List<byte[]> Blocks, List<SeriesSample> Tail)
    {
        public static Snapshot Of(HistorySeries series, long from, long to)
        {
            var snapshot = new Snapshot(series.Id, series.Labels, series.Sealed, [], []);
            foreach (var window in series.Closed)
            {
                // The tail of a closed window lies before the blocks of the next.
                var tail = new List<SeriesSample>();
                window.CopyTo(from, to, snapshot.Blocks, tail);
                if (tail.Count > 0)
                {
                    snapshot.Blocks.Add(SampleChunk.Encode([.. tail]));
                }
            }

            series.Open?.CopyTo(from, to, snapshot.Blocks, snapshot.Tail);
            return snapshot;
        }
    }
}
