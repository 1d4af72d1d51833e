using CartRecovery.Engine.Journeys.Reports;

namespace CartRecovery.Host.Api.Experiments;

/// <summary>The difference between a variant and the control, per subject.</summary>
/// <param name="Estimate">The difference of the means.</param>
/// <param name="Low">The lower bound of the 95% interval.</param>
/// <param name="High">The upper bound of the 95% interval.</param>
sealed record Difference(double Estimate, double Low, double High)
{
    /// <summary>Compares two groups by Welch's interval; returns null if a group has fewer than two subjects.</summary>
    public static Difference? Of(in SpendingGroup variant, in SpendingGroup control) => IncrementalRevenue.Of(variant, control) is { Revenue: { } estimate, Low: { } low, High: { } high }
        ? new Difference(estimate / variant.Customers, low / variant.Customers, high / variant.Customers) : null;
}
