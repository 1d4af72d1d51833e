namespace CartRecovery.Engine.Journeys.Reports;

/// <summary>What shoppers spent who were chosen by chance.</summary>
/// <param name="Customers">How many there are.</param>
/// <param name="Revenue">What they spent together.</param>
/// <param name="Squares">The sum of the squares of what each spent.</param>
public readonly record struct SpendingGroup(long Customers, double Revenue, double Squares)
{
    /// <summary>What one spent on average; 0 where there is none.</summary>
    public double Mean => Customers == 0 ? 0 : Revenue / Customers;

    /// <summary>The sample variance of what one spent; 0 where there are fewer than two.</summary>
    public double Variance => Customers < 2 ? 0 : Math.Max(0, (Squares - (Revenue * Mean)) / (Customers - 1));
}

/// <summary>Revenue that came because shoppers were contacted, with its bounds.</summary>
/// <param name="Revenue">The estimate.</param>
/// <param name="Low">The lower bound; <see langword="null"/> where too few were left alone to say.</param>
/// <param name="High">The upper bound.</param>
/// <param name="Confidence">How often such bounds hold the truth, 0–1.</param>
public sealed record IncrementalRevenue(double Revenue, double? Low, double? High, double Confidence)
{
    /// <summary>
    /// What the treated spent more, together, than as many of those left alone: the difference of the means with Welch's standard error and degrees
    /// of freedom (Welch 1947), times the treated. Everyone counts whom a campaign turned to, reached or not, so that chance alone made the groups.
    /// </summary>
    public static IncrementalRevenue Of(in SpendingGroup treated, in SpendingGroup leftAlone)
    {
        const double confidence = 0.95;
        if (treated.Customers < 2 || leftAlone.Customers < 2)
        {
            return new IncrementalRevenue(leftAlone.Customers == 0 ? 0 : treated.Customers * (treated.Mean - leftAlone.Mean), null, null, confidence);
        }

        var (a, b) = (treated.Variance / treated.Customers, leftAlone.Variance / leftAlone.Customers);
        var freedom = a + b == 0 ? double.PositiveInfinity
            : (a + b) * (a + b) / ((a * a / (treated.Customers - 1)) + (b * b / (leftAlone.Customers - 1)));
        var estimate = treated.Customers * (treated.Mean - leftAlone.Mean);
        var margin = treated.Customers * Quantile(freedom) * Math.Sqrt(a + b);
        return new IncrementalRevenue(estimate, estimate - margin, estimate + margin, confidence);
    }

    // Of Student's t at 97.5%, from the normal one by the expansion of Cornish and Fisher (Abramowitz and Stegun 26.7.5).
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

/// <summary>What came of contacting shoppers.</summary>
/// <param name="Currency">Of all amounts.</param>
/// <param name="Incremental">The headline: what would not have come anyway.</param>
/// <param name="AttributedRevenue">Orders after a click or a view of a message, verified by the shop, refunds taken off.</param>
/// <param name="AttributedOrders">How many those were.</param>
/// <param name="Treated">Shoppers that campaigns turned to.</param>
/// <param name="Holdout">Shoppers that were left alone by chance.</param>
public sealed record RevenueReport(
    string Currency, IncrementalRevenue Incremental, double AttributedRevenue, long AttributedOrders, SpendingGroup Treated, SpendingGroup Holdout);
