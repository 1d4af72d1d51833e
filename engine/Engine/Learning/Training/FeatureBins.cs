using CartRecovery.Engine.Learning.Datasets;

namespace CartRecovery.Engine.Learning.Training;

/// <summary>
/// Replaces a training set's values by bin numbers, at most 256 bins per feature, so that the best split of a node is found by counting.
/// Bin b holds the values above cut b − 1 and up to cut b; missing values have the bin after the last. A row's bins are contiguous, so
/// that a row of 64 features costs one or two cache lines.
/// </summary>
sealed class FeatureBins
{
    /// <summary>The number of rows from which the cuts are computed, if there are more; as many as in LightGBM.</summary>
    const int SampleRows = 200_000;

    readonly float[][] _cuts;
    readonly bool[] _hasMissing;
    readonly int[] _offsets;
    readonly byte[] _bins;

    internal FeatureBins(TrainingSet set, int maxBins)
    {
        Columns = set.Features.Count;
        _cuts = new float[Columns][];
        _hasMissing = new bool[Columns];
        _offsets = new int[Columns + 1];
        _bins = new byte[(long)set.Count * Columns];
        FindMissing(set);
        var sampled = Sample(set.Count);
        var values = new float[sampled.Length];
        for (var j = 0; j < Columns; j++)
        {
            var present = 0;
            foreach (var row in sampled)
            {
                var value = set.Rows[row * Columns + j];
                values[present] = value;
                present += float.IsNaN(value) ? 0 : 1;
            }

            values.AsSpan(0, present).Sort();
            _cuts[j] = Cuts(values.AsSpan(0, present), _hasMissing[j] ? maxBins - 1 : maxBins);
            _offsets[j + 1] = _offsets[j] + Count(j);
        }
        Fill(set);
    }

    /// <summary>Number of features.</summary>
    internal int Columns { get; }

    /// <summary>Sum of the numbers of bins of all features.</summary>
    internal int Total => _offsets[Columns];

    /// <summary>The bins of all rows, row by row.</summary>
    internal byte[] Rows => _bins;

    /// <summary>The sum of the numbers of bins of the features before each one.</summary>
    internal int[] Offsets => _offsets;

    /// <summary>Returns the number of bins of a feature, the one of missing values included, 1 to 256.</summary>
    internal int Count(int feature) => _cuts[feature].Length + 1 + (_hasMissing[feature] ? 1 : 0);

    /// <summary>Whether the feature's last bin is that of missing values.</summary>
    internal bool HasMissing(int feature) => _hasMissing[feature];

    /// <summary>Returns the highest value in a bin or below it; infinity for the last one.</summary>
    internal float Cut(int feature, int bin) => bin < _cuts[feature].Length ? _cuts[feature][bin] : float.PositiveInfinity;

    void FindMissing(TrainingSet set)
    {
        for (var row = 0; row < set.Count; row++)
        {
            var values = set.Row(row);
            for (var j = 0; j < values.Length; j++)
            {
                _hasMissing[j] |= float.IsNaN(values[j]);
            }
        }
    }

    // Feature by feature over a few rows at a time, so that both the cuts and the rows stay in the cache.
    void Fill(TrainingSet set)
    {
        const int Block = 512;
        for (var first = 0; first < set.Count; first += Block)
        {
            var end = Math.Min(set.Count, first + Block);
            for (var j = 0; j < Columns; j++)
            {
                ReadOnlySpan<float> cuts = _cuts[j];
                for (var row = first; row < end; row++)
                {
                    _bins[row * Columns + j] = BinOf(cuts, set.Rows[row * Columns + j]);
                }
            }
        }
    }

    // The number of cuts below the value. The halves are chosen without a branch: it could not be predicted.
    static byte BinOf(ReadOnlySpan<float> cuts, float value)
    {
        if (float.IsNaN(value))
        {
            return (byte)(cuts.Length + 1);
        }

        int low = 0, count = cuts.Length;
        while (count > 0)
        {
            var half = (count + 1) / 2;
            var isAbove = value > cuts[low + half - 1] ? 1 : 0;
            low += half & -isAbove;
            count -= half;
        }
        return (byte)low;
    }

    // One row at random of each of as many stretches of equal length.
    static int[] Sample(int rows)
    {
        var sampled = new int[Math.Min(rows, SampleRows)];
        var random = new SeededRandom(1);
        for (var i = 0; i < sampled.Length; i++)
        {
            int begin = (int)((long)rows * i / sampled.Length), end = (int)((long)rows * (i + 1) / sampled.Length);
            sampled[i] = begin + random.Below(end - begin);
        }
        return sampled;
    }

    /// <summary>
    /// Divides sorted values into bins of about equal numbers of rows. A value that fills a bin alone has one, and leaves the other bins to
    /// the other values.
    /// </summary>
    internal static float[] Cuts(ReadOnlySpan<float> sorted, int maxBins)
    {
        var cuts = new List<float>();
        var distinct = sorted.IsEmpty ? 0 : 1;
        for (var i = 1; i < sorted.Length; i++)
        {
            distinct += sorted[i] == sorted[i - 1] ? 0 : 1;
        }

        var inBin = 0;
        int left = sorted.Length, binsLeft = maxBins;
        for (int begin = 0, end; begin < sorted.Length && binsLeft > 1; begin = end)
        {
            end = begin + 1;
            while (end < sorted.Length && sorted[end] == sorted[begin])
            {
                end++;
            }

            var fills = distinct <= maxBins || end - begin >= (double)left / binsLeft;
            if (fills && inBin > 0)
            {
                Close(sorted, begin);
            }

            inBin += end - begin;
            if (end < sorted.Length && binsLeft > 1 && (fills || inBin >= (double)left / binsLeft))
            {
                Close(sorted, end);
            }
        }
        return [.. cuts];

        void Close(ReadOnlySpan<float> values, int at)
        {
            cuts.Add(Between(values[at - 1], values[at]));
            left -= inBin;
            binsLeft--;
            inBin = 0;
        }
    }

    /// <summary>Computes a cut that separates two values.</summary>
    static float Between(float low, float high)
    {
        var middle = (float)(low + ((double)high - low) / 2);
        return low <= middle && middle < high ? middle : low;
    }
}
