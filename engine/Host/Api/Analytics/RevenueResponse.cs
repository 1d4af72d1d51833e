namespace CartRecovery.Host.Api.Analytics;

/// <summary>Revenue from contacting shoppers.</summary>
/// <param name="Currency">The currency of all amounts, ISO 4217.</param>
/// <param name="Incremental">Revenue caused by the campaigns.</param>
/// <param name="Attributed">Orders after a click or a view of a message.</param>
/// <param name="Treated">Shoppers in campaigns whose cart the shop's server or a user token vouched for.</param>
/// <param name="Holdout">Such shoppers in the holdout.</param>
/// <param name="Claimed">Shoppers that browsers alone vouch for. They count apart.</param>
/// <param name="Bots">Bots that would have been in a campaign. They are not contacted, and count apart.</param>
/// <param name="ByCurrency">All orders by their own currency.</param>
sealed record RevenueResponse(
    string Currency, IncrementalResponse Incremental, AttributedResponse Attributed, SpendingResponse Treated, SpendingResponse Holdout,
    ClaimedResponse Claimed, SpendingResponse Bots, IReadOnlyList<CurrencyResponse> ByCurrency);
