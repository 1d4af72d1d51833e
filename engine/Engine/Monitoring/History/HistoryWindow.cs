using CartRecovery.Engine.Monitoring.Query;

namespace CartRecovery.Engine.Monitoring.History;

/// <summary>The samples of a series in one window of time, in memory: encoded blocks and the latest samples as they are.</summary>
sealed class HistoryWindow(long index)
{
    const int BlockSamples = 120;

    readonly List<(long First, long Last, byte[] Chunk)> _blocks = [];
    SeriesSample[] _tail = new SeriesSample[8];
    int _count;

    /// <summary>The number of the window since the epoch.</summary>
    public long Index => index;

    /// <summary>The time of the first sample.</summary>
    public long FirstTime => _blocks.Count > 0 ? _blocks[0].First : _tail[0].Time;

    /// <summary>Adds a sample that is newer than all others.</summary>
    public void Add(SeriesSample sample)
    {
        if (_count == BlockSamples)
        {
            _blocks.Add((_tail[0].Time, _tail[_count - 1].Time, SampleChunk.Encode(_tail)));
            _count = 0;
        }
        else if (_count == _tail.Length)
        {
            Array.Resize(ref _tail, Math.Min(BlockSamples, _count * 2));
        }

        _tail[_count++] = sample;
    }

    /// <summary>Copies what a range needs.</summary>
    public void CopyTo(long from, long to, List<byte[]> blocks, List<SeriesSample> tail)
    {
        foreach (var (first, last, chunk) in _blocks)
        {
            if (first <= to && last >= from)
            {
                blocks.Add(chunk);
            }
        }

        if (_count > 0 && _tail[_count - 1].Time >= from)
        {
            var start = _count;
            while (start > 0 && _tail[start - 1].Time >= from)
            {
                start--;
            }

            tail.AddRange(_tail.AsSpan(start, _count - start));
        }
    }
}
