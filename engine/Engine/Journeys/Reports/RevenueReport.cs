namespace CartRecovery.Engine.Journeys.Reports;

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
