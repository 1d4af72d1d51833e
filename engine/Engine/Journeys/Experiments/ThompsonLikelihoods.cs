namespace CartRecovery.Engine.Journeys.Experiments;

/// <summary>
/// Computes the probabilities of Thompson sampling (Thompson 1933; Agrawal and Goyal 2013 for linear ones): that each of several independent normal values is
/// the largest. By quadrature instead of draws, so that they are the same on every machine's run and exact enough to be recorded as propensities.
/// </summary>
public static class ThompsonLikelihoods
{
    // Simpson's rule over ±6 standard deviations; the error is below 1e-6.
    const int Steps = 240;
    const double Range = 6;

    // With less, a value is a point, and the integrand has a step that the rule does not see.
    const double MinDeviation = 1e-6;

    /// <summary>Computes the probability of each value to be the largest.</summary>
    /// <param name="values">Their means and standard deviations; 1 or more.</param>
    /// <param name="likelihoods">Receives a probability for each; their sum is 1.</param>
    /// <param name="least">A lower bound of each probability, so that all keep being explored; at most half of an equal share is used.</param>
    public static void Of(ReadOnlySpan<(double Mean, double Deviation)> values, Span<double> likelihoods, double least)
    {
        var sum = 0.0;
        for (var i = 0; i < values.Length; i++)
        {
            sum += likelihoods[i] = values.Length == 2 ? Above(values[i], values[1 - i]) : Integrate(values, i);
        }

        var floor = Math.Min(least, 0.5 / values.Length);
        for (var i = 0; i < values.Length; i++)
        {
            likelihoods[i] = floor + ((1 - (floor * values.Length)) * likelihoods[i] / sum);
        }
    }

    // The difference of two normal values is normal.
    static double Above((double Mean, double Deviation) own, (double Mean, double Deviation) other) =>
        Below((own.Mean - other.Mean) / Math.Max(Math.Sqrt((own.Deviation * own.Deviation) + (other.Deviation * other.Deviation)), MinDeviation));

    static double Integrate(ReadOnlySpan<(double Mean, double Deviation)> values, int own)
    {
        var (mean, deviation) = (values[own].Mean, Math.Max(values[own].Deviation, MinDeviation));
        var total = 0.0;
        for (var step = 0; step <= Steps; step++)
        {
            var z = Range * ((2.0 * step / Steps) - 1);
            var product = Math.Exp(-0.5 * z * z);
            for (var other = 0; other < values.Length; other++)
            {
                product *= other == own ? 1 : Below((mean + (deviation * z) - values[other].Mean) / Math.Max(values[other].Deviation, MinDeviation));
            }

            total += product * (step is 0 or Steps ? 1 : step % 2 == 1 ? 4 : 2);
        }

        return Math.Max(total, double.Epsilon);
    }

    // The normal distribution, within 1.5e-7 (Abramowitz and Stegun 7.1.26).
    static double Below(double z)
    {
        var x = Math.Abs(z) / Math.Sqrt(2);
        var t = 1 / (1 + (0.3275911 * x));
        var series = ((((((((1.061405429 * t) - 1.453152027) * t) + 1.421413741) * t) - 0.284496736) * t) + 0.254829592) * t;
        var upper = 0.5 * series * Math.Exp(-x * x);
        return z < 0 ? upper : 1 - upper;
    }
}
