namespace CartRecovery.Host.Api.Analytics;

/// <summary>Shoppers that browsers alone vouch for: anyone with the publishable key can make some up.</summary>
/// <param name="Treated">Those in campaigns.</param>
/// <param name="Holdout">Those in the holdout.</param>
sealed record ClaimedResponse(SpendingResponse Treated, SpendingResponse Holdout);
