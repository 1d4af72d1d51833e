namespace CartRecovery.Bench.Drift;

/// <summary>The normal distribution.</summary>
static class Normal
{
    /// <summary>Computes the probability of a value below <paramref name="x"/>, within 1.5e-7 (Abramowitz and Stegun 7.1.26).</summary>
    /// <param name="x">The value.</param>
    /// <param name="mean">The mean.</param>
    /// <param name="deviation">The standard deviation; 0 for a constant.</param>
    public static double Below(double x, double mean, double deviation)
    {
        if (deviation <= 0)
        {
            return x < mean ? 0 : 1;
        }

        var z = (x - mean) / (deviation * Math.Sqrt(2));
        var t = 1 / (1 + 0.3275911 * Math.Abs(z));
        var series = ((((1.061405429 * t - 1.453152027) * t + 1.421413741) * t - 0.284496736) * t + 0.254829592) * t;
        var upper = 0.5 * series * Math.Exp(-z * z);
        return z < 0 ? upper : 1 - upper;
    }
}
