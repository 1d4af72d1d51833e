namespace CartRecovery.Engine.Journeys.Reports;

/// <summary>Spending of a randomly assigned group of shoppers.</summary>
/// <param name="Customers">Number of shoppers.</param>
/// <param name="Revenue">Total spending.</param>
/// <param name="Squares">Sum of the squares of each shopper's spending.</param>
public readonly record struct SpendingGroup(long Customers, double Revenue, double Squares)
{
    /// <summary>Mean spending per shopper; 0 for an empty group.</summary>
    public double Mean => Customers == 0 ? 0 : Revenue / Customers;

    /// <summary>Sample variance of the spending per shopper; 0 for fewer than two.</summary>
    public double Variance => Customers < 2 ? 0 : Math.Max(0, (Squares - (Revenue * Mean)) / (Customers - 1));
}

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

/// <summary>Results of contacting shoppers.</summary>
/// <param name="Currency">The currency of all amounts.</param>
/// <param name="Incremental">The headline: revenue that would not have come otherwise.</param>
/// <param name="AttributedRevenue">Verified orders after a click or view of a message, less refunds.</param>
/// <param name="AttributedOrders">Number of those orders.</param>
/// <param name="Treated">Shoppers with a journey outside the holdout, whose cart the shop's server or a user token vouched for.</param>
/// <param name="Holdout">Such shoppers of the holdout.</param>
/// <param name="ClaimedTreated">Shoppers that browsers alone vouch for, outside the holdout. Anyone can make some up, so they count apart.</param>
/// <param name="ClaimedHoldout">Such shoppers of the holdout.</param>
/// <param name="Bots">Bots for which a campaign was triggered. They are contacted in neither group.</param>
public sealed record RevenueReport(
    string Currency, IncrementalRevenue Incremental, double AttributedRevenue, long AttributedOrders, SpendingGroup Treated, SpendingGroup Holdout,
    SpendingGroup ClaimedTreated = default, SpendingGroup ClaimedHoldout = default, SpendingGroup Bots = default)
{
    /// <summary>The orders of shoppers with a journey, by their own currency: the store's first.</summary>
    public IReadOnlyList<CurrencyRevenue> ByCurrency { get; init; } = [];
}

/// <summary>Orders in one currency.</summary>
/// <param name="Currency">ISO 4217 code.</param>
/// <param name="Orders">Their number.</param>
/// <param name="Revenue">Their value, less refunds.</param>
/// <param name="AttributedOrders">Number of those after a click or view of a message.</param>
/// <param name="AttributedRevenue">Their value, less refunds.</param>
/// <param name="Converted">The revenue in the report's currency; <see langword="null"/> without a rate: the report's figures lack it.</param>
public sealed record CurrencyRevenue(string Currency, long Orders, double Revenue, long AttributedOrders, double AttributedRevenue, double? Converted);
