using System.Runtime.InteropServices;
using CartRecovery.Engine.Monitoring.Query;

namespace CartRecovery.Engine.Monitoring.History;

/// <summary>Seals windows: writes their samples to the finest level and, thinned out, to the others. Runs within a transaction.</summary>
sealed class HistoryWriter(HistoryRows rows, HistoryLevels levels, Action<string> damaged)
{
    readonly List<SeriesSample> _old = [];
    readonly List<SeriesSample> _reduced = [];

    /// <summary>Writes the samples of one window of a series.</summary>
    /// <param name="series">The series' number.</param>
    /// <param name="samples">Ascending by time, newer than all that were sealed.</param>
    /// <param name="isCounter">Whether the series is a counter.</param>
    public void Seal(int series, IReadOnlyList<SeriesSample> samples, bool isCounter)
    {
        Append(0, series, samples);
        for (var level = 1; level < levels.Count; level++)
        {
            _reduced.Clear();
            Downsampling.Reduce(samples, levels.Interval(level), isCounter, isCounter ? LastValue(level, series) : null, _reduced);
            Append(level, series, _reduced);
        }
    }

    double? LastValue(int level, int series)
    {
        if (rows.LastChunk(level, series) is not { } last || !Read(last.Chunk, level, series))
        {
            return null;
        }

        for (var i = _old.Count - 1; i >= 0; i--)
        {
            if (!StaleMarker.Is(_old[i].Value))
            {
                return _old[i].Value;
            }
        }

        return null;
    }

    // Samples of a level can end in two windows of it only if they cross a border of windows of the finest level, which they do not.
    void Append(int level, int series, IReadOnlyList<SeriesSample> samples)
    {
        if (samples.Count == 0)
        {
            return;
        }

        var window = levels.Window(level, samples[^1].Time);
        _old.Clear();
        var former = 0;
        if (rows.LastChunk(level, series) is { } last && last.Window == window)
        {
            former = last.Chunk.Length;
            Read(last.Chunk, level, series);
        }

        foreach (var sample in samples)
        {
            if (_old.Count == 0 || sample.Time > _old[^1].Time)
            {
                _old.Add(sample);
            }
        }

        // More than a chunk holds: the oldest go. It takes ten samples a second to get here.
        if (_old.Count > SampleChunk.MaxSamples)
        {
            _old.RemoveRange(0, _old.Count - SampleChunk.MaxSamples);
        }

        var chunk = SampleChunk.Encode(CollectionsMarshal.AsSpan(_old));
        rows.WriteChunk(level, series, window, chunk);
        levels.Bytes[level] += chunk.Length - former;
    }

    bool Read(byte[] chunk, int level, int series)
    {
        _old.Clear();
        try
        {
            SampleChunk.Decode(chunk, _old);
            return true;
        }
        catch (DamagedChunkException e)
        {
            damaged($"a chunk of series {series} at level {level} is damaged: {e.Message}");
            return false;
        }
    }
}
