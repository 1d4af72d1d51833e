namespace CartRecovery.Engine.Journeys.Reports;

/// <summary>Revenue caused by contacting shoppers, with a confidence interval.</summary>
/// <param name="Revenue">The estimate; <see langword="null"/> if the groups are too small for one.</param>
/// <param name="Low">Lower bound; <see langword="null"/> without an estimate.</param>
/// <param name="High">Upper bound; <see langword="null"/> without an estimate.</param>
/// <param name="Confidence">Confidence level of the interval, 0–1.</param>
/// <param name="Reason">Why there is no estimate yet; <see langword="null"/> if there is one.</param>
public sealed record IncrementalRevenue(double? Revenue, double? Low, double? High, double Confidence, string? Reason = null)
{
    /// <summary>Reasons: nobody was in a campaign, nobody of the holdout was, or too few for an interval.</summary>
    public const string NoShoppers = "no_shoppers", NoHoldout = "no_holdout", TooFewShoppers = "too_few_shoppers";

    // The smallest group that has a variance.
    const int MinGroup = 2;

    /// <summary>
    /// Estimates how much more the treated spent than as many shoppers of the holdout: the difference of the means, with Welch's standard
    /// error and degrees of freedom (Welch 1947), times the number treated. Counts every shopper a campaign was triggered for, reached or
    /// not, so that only chance separates the groups. Without an interval there is no estimate: a number alone would pass for a result.
    /// </summary>
    public static IncrementalRevenue Of(in SpendingGroup treated, in SpendingGroup leftAlone)
    {
        const double confidence = 0.95;
        if (treated.Customers < MinGroup || leftAlone.Customers < MinGroup)
        {
            return new IncrementalRevenue(null, null, null, confidence,
                treated.Customers == 0 ? NoShoppers : leftAlone.Customers == 0 ? NoHoldout : TooFewShoppers);
        }

        var (a, b) = (treated.Variance / treated.Customers, leftAlone.Variance / leftAlone.Customers);
        var freedom = a + b == 0 ? double.PositiveInfinity
            : (a + b) * (a + b) / ((a * a / (treated.Customers - 1)) + (b * b / (leftAlone.Customers - 1)));
        var estimate = treated.Customers * (treated.Mean - leftAlone.Mean);
        var margin = treated.Customers * Quantile(freedom) * Math.Sqrt(a + b);
        return new IncrementalRevenue(estimate, estimate - margin, estimate + margin, confidence);
    }

    // Student's t at 97.5%, from the normal quantile by the Cornish-Fisher expansion (Abramowitz and Stegun 26.7.5).
    static double Quantile(double freedom)
    {
        const double z = 1.959963984540054;
        if (double.IsInfinity(freedom))
        {
            return z;
        }

        var (z3, z5, z7) = (Math.Pow(z, 3), Math.Pow(z, 5), Math.Pow(z, 7));
        return z + ((z3 + z) / (4 * freedom)) + (((5 * z5) + (16 * z3) + (3 * z)) / (96 * freedom * freedom))
            + (((3 * z7) + (19 * z5) + (17 * z3) - (15 * z)) / (384 * Math.Pow(freedom, 3)));
    }
}
