namespace CartRecovery.Engine.Monitoring.Query.Evaluation;

/// <summary>Quantiles as Prometheus interpolates them.</summary>
static class Quantiles
{
    /// <summary>A quantile of values, linear between the two nearest ranks. Sorts the values; NaN comes first.</summary>
    /// <param name="q">0–1; below gives -∞, above +∞.</param>
    /// <param name="values">The values.</param>
    public static double Of(double q, double[] values)
    {
        if (values.Length == 0 || double.IsNaN(q))
        {
            return double.NaN;
        }

        if (q is < 0 or > 1)
        {
            return q < 0 ? double.NegativeInfinity : double.PositiveInfinity;
        }

        Array.Sort(values);
        var rank = q * (values.Length - 1);
        var lower = Math.Floor(rank);
        var weight = rank - lower;
        return (values[(int)lower] * (1 - weight)) + (values[(int)Math.Min(values.Length - 1, lower + 1)] * weight);
    }

    /// <summary>A quantile of a histogram: linear within the bucket; the highest finite bound if it is in the last one.</summary>
    /// <param name="q">0–1; below gives -∞, above +∞.</param>
    /// <param name="buckets">Upper bounds and cumulative counts, in any order.</param>
    public static double OfHistogram(double q, List<(double Bound, double Count)> buckets)
    {
        if (double.IsNaN(q))
        {
            return double.NaN;
        }

        if (q is < 0 or > 1)
        {
            return q < 0 ? double.NegativeInfinity : double.PositiveInfinity;
        }

        var merged = Merge(buckets);
        if (merged.Count < 2 || !double.IsPositiveInfinity(merged[^1].Bound) || merged[^1].Count is 0 or double.NaN)
        {
            return double.NaN;
        }

        var rank = q * merged[^1].Count;
        var at = 0;
        while (at < merged.Count - 1 && !(merged[at].Count >= rank))
        {
            at++;
        }

        if (at == merged.Count - 1)
        {
            return merged[^2].Bound;
        }

        if (at == 0 && merged[0].Bound <= 0)
        {
            return merged[0].Bound;
        }

        var (start, below) = at == 0 ? (0, 0) : merged[at - 1];
        return start + ((merged[at].Bound - start) * ((rank - below) / (merged[at].Count - below)));
    }

    // Adds up buckets of one bound; counts that fall, from scrapes in between two updates, are raised.
    static List<(double Bound, double Count)> Merge(List<(double Bound, double Count)> buckets)
    {
        var merged = new List<(double Bound, double Count)>(buckets.Count);
        foreach (var bucket in buckets.OrderBy(b => b.Bound))
        {
            if (merged.Count > 0 && merged[^1].Bound == bucket.Bound)
            {
                merged[^1] = (bucket.Bound, merged[^1].Count + bucket.Count);
            }
            else
            {
                merged.Add(bucket);
            }
        }

        for (var i = 1; i < merged.Count; i++)
        {
            if (merged[i].Count < merged[i - 1].Count)
            {
                merged[i] = (merged[i].Bound, merged[i - 1].Count);
            }
        }

        return merged;
    }
}
