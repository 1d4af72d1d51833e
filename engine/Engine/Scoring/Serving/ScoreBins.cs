namespace CartRecovery.Engine.Scoring.Serving;

/// <summary>
/// The bins of score distributions: fixed steps of half a unit of log odds from −8 to 8, and one beyond each end. Scores of purchases are small, so that steps of the
/// probability itself would put them all into one. A score counts in part for the two bins whose middles it is between: trees give many rows one score, and
/// a whole count would leap to another bin when that score crosses an edge.
/// </summary>
public static class ScoreBins
{
    const int PerUnit = 2, Bound = 8;

    /// <summary>Number of bins.</summary>
    public const int Count = (2 * Bound * PerUnit) + 2;

    /// <summary>Counts a score.</summary>
    /// <param name="bins">Counts per bin.</param>
    /// <param name="score">0–1.</param>
    public static void Add(Span<double> bins, float score)
    {
        // 0 is the middle of the first bin, 1 that of the second.
        var position = score <= 0 ? 0 : score >= 1 ? Count - 1
            : Math.Clamp((Math.Log(score / (1.0 - score)) * PerUnit) + (Bound * PerUnit) + 0.5, 0, Count - 1);
        var bin = Math.Min((int)position, Count - 2);
        bins[bin] += 1 - (position - bin);
        bins[bin + 1] += position - bin;
    }

    /// <summary>
    /// Computes the population stability index of two distributions: the sum of (q − p)·ln(q/p). Half a count is added to each bin that either has, so
    /// that an empty one is no infinity. Below 0.1 is usually called stable, above 0.25 a shift.
    /// </summary>
    /// <param name="expected">Counts per bin.</param>
    /// <param name="actual">Counts per bin.</param>
    /// <returns>0 if either has no counts.</returns>
    public static double StabilityIndex(ReadOnlySpan<double> expected, ReadOnlySpan<double> actual)
    {
        var (p, q, used) = (0.0, 0.0, 0);
        for (var i = 0; i < Count; i++)
        {
            (p, q) = (p + expected[i], q + actual[i]);
            used += expected[i] + actual[i] > 0 ? 1 : 0;
        }

        if (p == 0 || q == 0)
        {
            return 0;
        }

        var index = 0.0;
        for (var i = 0; i < Count; i++)
        {
            if (expected[i] + actual[i] > 0)
            {
                var (then, now) = ((expected[i] + 0.5) / (p + (0.5 * used)), (actual[i] + 0.5) / (q + (0.5 * used)));
                index += (now - then) * Math.Log(now / then);
            }
        }

        return index;
    }
}
