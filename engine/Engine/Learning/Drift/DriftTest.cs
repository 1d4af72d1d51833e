namespace CartRecovery.Engine.Learning.Drift;

/// <summary>
/// Compares the distribution of a feature or score with its reference, by the population stability index and by the Kolmogorov-Smirnov
/// statistic over the same bins. The thresholds
/// are the larger of what matters and of what chance alone exceeds with a probability of <c>alpha</c> in any of the tests (Bonferroni),
/// given both sample sizes.
/// </summary>
public static class DriftTest
{
    /// <summary>
    /// The least index, and the least distance of the distribution functions, that matter to a model, however many rows show them.
    /// </summary>
    public const double MinIndex = 0.1, MinDistance = 0.1;

    // Added to the count of each bin, so that an empty bin gives a finite index.
    const double Smoothing = 0.5;

    /// <summary>Compares.</summary>
    /// <param name="bins">The reference.</param>
    /// <param name="counts">The counts of the same bins now.</param>
    /// <param name="tests">Number of features and scores that are tested together, 1 or more.</param>
    /// <param name="alpha">Probability of a false alarm of all tests together, above 0 and below 1.</param>
    /// <exception cref="ArgumentException">The counts are not those of the bins, or one side is empty.</exception>
    public static DriftFinding Compare(DriftBins bins, ReadOnlySpan<long> counts, int tests, double alpha = 0.01)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(tests, 1);
        var (before, now) = (bins.Total, Sum(counts));
        if (counts.Length != bins.Counts.Length || before == 0 || now == 0)
        {
            throw new ArgumentException($"Expected counts of {bins.Counts.Length} bins on both sides, and values on both.", nameof(counts));
        }

        // Two tests for each feature.
        var (each, inverse, used) = (alpha / (2 * tests), 1.0 / before + 1.0 / now, UsedBins(bins.Counts, counts));
        var byChance = used < 2 ? 0 : inverse * ChiSquare.Quantile(each, used - 1);
        var (index, distance) = (Index(bins.Counts, counts), Distance(bins.Counts, counts));
        var distanceByChance = Math.Sqrt(-Math.Log(each / 2) / 2 * inverse);
        return new DriftFinding(bins.Name, now, index, Math.Max(MinIndex, byChance), distance, Math.Max(MinDistance, distanceByChance),
            Share(counts[^1], now) - Share(bins.Counts[^1], before));
    }

    /// <summary>
    /// Computes the population stability index. Without drift, it is distributed as (1/m + 1/n) times a chi-square variable with one degree
    /// less than there are bins (Yurdakul,
    /// "Statistical properties of population stability index", 2018).
    /// </summary>
    /// <param name="before">Counts of the reference by bin.</param>
    /// <param name="now">Counts of the same bins.</param>
    public static double Index(ReadOnlySpan<long> before, ReadOnlySpan<long> now)
    {
        var used = UsedBins(before, now);
        var (all, allNow, index) = (Sum(before) + used * Smoothing, Sum(now) + used * Smoothing, 0.0);
        for (var i = 0; i < before.Length; i++)
        {
            if (before[i] + now[i] > 0)
            {
                var (p, q) = ((before[i] + Smoothing) / all, (now[i] + Smoothing) / allNow);
                index += (q - p) * Math.Log(q / p);
            }
        }

        return index;
    }

    /// <summary>
    /// Computes the Kolmogorov-Smirnov statistic at the bins' edges: the largest distance of the two distribution functions, with missing
    /// values above all others. Over bins it is
    /// at most that over the values, so that the asymptotic threshold is conservative.
    /// </summary>
    /// <param name="before">Counts of the reference by bin.</param>
    /// <param name="now">Counts of the same bins.</param>
    public static double Distance(ReadOnlySpan<long> before, ReadOnlySpan<long> now)
    {
        double all = Sum(before), allNow = Sum(now), below = 0, belowNow = 0, distance = 0;
        for (var i = 0; i < before.Length; i++)
        {
            below += before[i];
            belowNow += now[i];
            distance = Math.Max(distance, Math.Abs(below / all - belowNow / allNow));
        }

        return distance;
    }

    static int UsedBins(ReadOnlySpan<long> before, ReadOnlySpan<long> now)
    {
        var used = 0;
        for (var i = 0; i < before.Length; i++)
        {
            used += before[i] + now[i] > 0 ? 1 : 0;
        }

        return used;
    }

    static double Share(long count, long of) => (double)count / of;

    static long Sum(ReadOnlySpan<long> counts)
    {
        var sum = 0L;
        foreach (var count in counts)
        {
            sum += count;
        }

        return sum;
    }
}
