namespace CartRecovery.Engine.Journeys.Reports;

/// <summary>
/// Tests whether an experiment's variants have the sizes their weights imply. If not, something besides chance selects shoppers, and no
/// comparison is valid.
/// </summary>
public static class SampleRatio
{
    /// <summary>Below this probability there is a sample ratio mismatch (Fabijan et al. 2019).</summary>
    public const double Mismatch = 0.0005;

    /// <summary>Returns the probability of sizes at least this uneven by chance: Pearson's chi-squared test.</summary>
    /// <param name="counts">Shoppers of each variant.</param>
    /// <param name="weights">Weight of each variant.</param>
    /// <returns>0–1; 1 for fewer than two variants or no shoppers.</returns>
    public static double Probability(IReadOnlyList<long> counts, IReadOnlyList<double> weights)
    {
        var (total, weight) = ((double)counts.Sum(), weights.Sum());
        if (counts.Count < 2 || total == 0 || weight <= 0)
        {
            return 1;
        }

        var statistic = counts.Zip(weights, (count, share) =>
        {
            var expected = total * share / weight;
            return (count - expected) * (count - expected) / expected;
        }).Sum();
        return UpperGamma((counts.Count - 1) / 2.0, statistic / 2);
    }

    // The regularised upper incomplete gamma function, by series or continued fraction (Numerical Recipes, 6.2).
    static double UpperGamma(double a, double x)
    {
        const int most = 1000;
        const double tiny = 1e-300, enough = 1e-14;
        if (x <= 0)
        {
            return 1;
        }

        var scale = Math.Exp(-x + (a * Math.Log(x)) - LogGamma(a));
        if (x < a + 1)
        {
            var (term, sum) = (1 / a, 1 / a);
            for (var n = 1; n < most && term > sum * enough; n++)
            {
                term *= x / (a + n);
                sum += term;
            }

            return 1 - (sum * scale);
        }

        var b = x + 1 - a;
        var c = 1 / tiny;
        var d = 1 / b;
        var h = d;
        for (var i = 1; i < most; i++)
        {
            var an = -i * (i - a);
            b += 2;
            d = (an * d) + b;
            d = 1 / (Math.Abs(d) < tiny ? tiny : d);
            c = b + (an / c);
            c = Math.Abs(c) < tiny ? tiny : c;
            h *= d * c;
            if (Math.Abs((d * c) - 1) < enough)
            {
                break;
            }
        }

        return h * scale;
    }

    // Lanczos, as in Numerical Recipes 6.1.
    static double LogGamma(double x)
    {
        double[] coefficients =
            [76.18009172947146, -86.50532032941677, 24.01409824083091, -1.231739572450155, 0.1208650973866179e-2, -0.5395239384953e-5];
        var y = x;
        var t = x + 5.5;
        t -= (x + 0.5) * Math.Log(t);
        return -t + Math.Log(2.5066282746310005 * coefficients.Aggregate(1.000000000190015, (sum, c) => sum + (c / ++y)) / x);
    }
}
