namespace CartRecovery.Host.Api.Analytics;

/// <summary>Results of a variant of a campaign.</summary>
/// <param name="Campaign">The campaign.</param>
/// <param name="Variant">The variant.</param>
/// <param name="Shoppers">Shoppers in it.</param>
/// <param name="Journeys">Journeys that began.</param>
/// <param name="Holdout">Journeys of shoppers in the holdout.</param>
/// <param name="Sent">Messages sent.</param>
/// <param name="Delivered">Messages delivered: as `channels` counts them.</param>
/// <param name="Opened">Messages opened.</param>
/// <param name="Clicked">Messages clicked.</param>
/// <param name="Withheld">Messages not sent.</param>
/// <param name="Orders">Orders of the treated shoppers, reported by the shop's server.</param>
/// <param name="Revenue">Value of these orders, net of refunds. The sum of all rows is `treated.revenue` of the revenue report.</param>
/// <param name="AttributedOrders">Orders after a click or a view of a message.</param>
/// <param name="AttributedRevenue">Value of these orders. The sum of all rows is `attributed.revenue`.</param>
/// <param name="HoldoutOrders">Orders of the holdout.</param>
/// <param name="HoldoutRevenue">Value of these orders. The sum of all rows is `holdout.revenue`.</param>
/// <param name="ClaimedOrders">Orders of shoppers that browsers alone vouch for.</param>
/// <param name="ClaimedRevenue">Value of these orders. The sum of all rows is that of `claimed`.</param>
/// <param name="Currency">The currency of all amounts, ISO 4217.</param>
/// <param name="Stopped">Why the variant was stopped.</param>
/// <param name="SampleRatioProbability">Probability that chance alone makes the variants' sizes this uneven, 0–1; null without an experiment.</param>
/// <param name="SampleRatioMismatch">`true` if the sizes are so unlikely that variants cannot be compared.</param>
sealed record PerformanceRow(
    string Campaign, string Variant, long Shoppers, long Journeys, long Holdout, long Sent, long Delivered, long Opened, long Clicked,
    long Withheld, long Orders, double Revenue, long AttributedOrders, double AttributedRevenue, long HoldoutOrders, double HoldoutRevenue, long ClaimedOrders,
    double ClaimedRevenue, string Currency, string? Stopped, double? SampleRatioProbability, bool SampleRatioMismatch);
