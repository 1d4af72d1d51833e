namespace CartRecovery.Engine.Scoring.Serving;

/// <summary>
/// The bins of score distributions: fixed steps of half a unit of log odds from −8 to 8, and one beyond each end. Scores of purchases are small, so that steps of the
/// probability itself would put them all into one.
/// </summary>
public static class ScoreBins
{
    const int PerUnit = 2, Bound = 8;

    /// <summary>Number of bins.</summary>
    public const int Count = (2 * Bound * PerUnit) + 2;

    /// <summary>Returns a score's bin.</summary>
    /// <param name="score">0–1.</param>
    public static int Of(float score) => score <= 0 ? 0 : score >= 1 ? Count - 1
        : (int)Math.Clamp(Math.Floor(Math.Log(score / (1.0 - score)) * PerUnit) + (Bound * PerUnit) + 1, 0, Count - 1);

    /// <summary>
    /// Computes the population stability index of two distributions: the sum of (q − p)·ln(q/p). Half a count is added to each bin that either has, so
    /// that an empty one is no infinity. Below 0.1 is usually called stable, above 0.25 a shift.
    /// </summary>
    /// <param name="expected">Counts per bin.</param>
    /// <param name="actual">Counts per bin.</param>
    /// <returns>0 if either has no counts.</returns>
    public static double StabilityIndex(ReadOnlySpan<long> expected, ReadOnlySpan<long> actual)
    {
        var (p, q, used) = (0L, 0L, 0);
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
