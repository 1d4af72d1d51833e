using CartRecovery.Engine.Learning.Datasets;

namespace CartRecovery.Engine.Learning.Training;

/// <summary>
/// Replaces a training set's values by bin numbers, at most 256 bins per feature, so that the best split of a node is found by counting.
/// Bin b holds the values above cut b − 1 and up to cut b; missing values are in the last bin, to which a comparison with NaN also leads
/// in service.
/// </summary>
sealed class FeatureBins
{
    readonly float[][] _cuts;
    readonly byte[][] _bins;

    internal FeatureBins(TrainingSet set, int maxBins)
    {
        var columns = set.Features.Count;
        _cuts = new float[columns][];
        _bins = new byte[columns][];
        var values = new float[set.Count];
        for (var j = 0; j < columns; j++)
        {
            for (var i = 0; i < values.Length; i++)
            {
                values[i] = set.Rows[i * columns + j];
            }

            _cuts[j] = Cuts(values, maxBins);
            _bins[j] = Array.ConvertAll(values, v => BinOf(_cuts[j], v));
        }
    }

    /// <summary>Returns the number of bins of a feature, 1 to 256.</summary>
    internal int Count(int feature) => _cuts[feature].Length + 1;

    /// <summary>Returns the bin of each row.</summary>
    internal byte[] Of(int feature) => _bins[feature];

    /// <summary>Returns the highest value in a bin or below it.</summary>
    internal float Cut(int feature, int bin) => _cuts[feature][bin];

    static byte BinOf(float[] cuts, float value)
    {
        if (float.IsNaN(value))
        {
            return (byte)cuts.Length;
        }

        int low = 0, high = cuts.Length;
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (value <= cuts[middle])
            {
                high = middle;
            }
            else
            {
                low = middle + 1;
            }
        }
        return (byte)low;
    }

    static float[] Cuts(float[] values, int maxBins)
    {
        var sorted = values.Where(v => !float.IsNaN(v)).Order().ToArray();
        var cuts = new List<float>();
        var hasMissing = sorted.Length < values.Length;
        var most = hasMissing ? maxBins - 2 : maxBins - 1;
        var distinct = 1;
        for (var i = 1; i < sorted.Length; i++)
        {
            if (sorted[i] != sorted[i - 1])
            {
                distinct++;
            }
        }
        // With few distinct values there is a cut between each two; otherwise one above the value at each even step of rank.
        var next = 0;
        var steps = distinct <= most + 1 ? sorted.Length : most + 1;
        for (var k = distinct <= most + 1 ? 0 : 1; k < steps; k++)
        {
            var at = (int)((long)sorted.Length * k / steps);
            next = Math.Max(next, at + 1);
            while (next < sorted.Length && sorted[next] == sorted[at])
            {
                next++;
            }

            if (next == sorted.Length)
            {
                break;
            }

            var cut = Between(sorted[at], sorted[next]);
            if (cuts.Count == 0 || cut > cuts[^1])
            {
                cuts.Add(cut);
            }
        }
        if (hasMissing && sorted.Length > 0)
        {
            cuts.Add(sorted[^1]);
        }

        return [.. cuts];
    }

    /// <summary>Computes a cut that separates two values.</summary>
    static float Between(float low, float high)
    {
        var middle = (float)(low + ((double)high - low) / 2);
        return low <= middle && middle < high ? middle : low;
    }
}
