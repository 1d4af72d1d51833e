namespace CartRecovery.Engine.Learning.Drift;

/// <summary>
/// The fixed bins of a feature or score, and how many values of the reference are in each. Immutable by convention: nothing here writes to
/// its arrays.
/// </summary>
/// <param name="Name">The feature.</param>
/// <param name="Edges">Upper edges of all bins but the last, ascending; a value that equals an edge is in the bin below it.</param>
/// <param name="Counts">Number of reference values in each bin; the last count is that of missing values.</param>
public sealed record DriftBins(string Name, double[] Edges, long[] Counts)
{
    /// <summary>Maximum number of bins, without those beyond a common extreme and that of missing values.</summary>
    public const int MaxBins = 10;

    /// <summary>Number of reference values.</summary>
    public long Total => Counts.Sum();

    /// <summary>
    /// Makes bins that hold about equally many values of a reference. Values that many rows share have a bin of their own, also at the ends.
    /// </summary>
    /// <param name="name">The feature.</param>
    /// <param name="values">The reference. Values that are not finite count as missing.</param>
    public static DriftBins Of(string name, ReadOnlySpan<float> values)
    {
        var known = Finite(values);
        Array.Sort(known);
        var edges = new List<double>();
        for (var bin = 1; bin < MaxBins && known.Length > 0; bin++)
        {
            // Half-way to the next greater value: rounding must not move values over an edge.
            var value = known[(int)((long)known.Length * bin / MaxBins)];
            var next = Array.FindIndex(known, other => other > value);
            var edge = next < 0 ? double.PositiveInfinity : ((double)value + known[next]) / 2;
            if (next > 0 && (edges.Count == 0 || edge > edges[^1]))
            {
                edges.Add(edge);
            }
        }

        if (known.Length > 0)
        {
            OpenEnds(edges, known);
        }

        var bins = new DriftBins(name, [.. edges], []);
        return bins with { Counts = bins.Count(values) };
    }

    /// <summary>Counts values by bin.</summary>
    /// <param name="values">The values. Those that are not finite count as missing.</param>
    /// <returns>A count per bin, then that of missing values.</returns>
    public long[] Count(ReadOnlySpan<float> values)
    {
        var counts = new long[Edges.Length + 2];
        foreach (var value in values)
        {
            counts[BinOf(value)]++;
        }

        return counts;
    }

    // Without a bin beyond it, a value that a tenth of the rows share would hide that all rows moved past it.
    static void OpenEnds(List<double> edges, float[] sorted)
    {
        var (least, greatest, common) = (sorted[0], sorted[^1], Math.Max(1, sorted.Length / MaxBins));
        if (sorted[common - 1] == least)
        {
            edges.Insert(0, MathF.BitDecrement(least));
        }

        if (sorted[^common] == greatest && (edges.Count == 0 || edges[^1] < greatest))
        {
            edges.Add(greatest);
        }
    }

    int BinOf(float value)
    {
        if (!float.IsFinite(value))
        {
            return Edges.Length + 1;
        }

        var at = Array.BinarySearch(Edges, value);
        return at < 0 ? ~at : at;
    }

    static float[] Finite(ReadOnlySpan<float> values)
    {
        var known = new List<float>(values.Length);
        foreach (var value in values)
        {
            if (float.IsFinite(value))
            {
                known.Add(value);
            }
        }

        return [.. known];
    }
}
