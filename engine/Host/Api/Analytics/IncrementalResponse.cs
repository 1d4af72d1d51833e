namespace CartRecovery.Host.Api.Analytics;

/// <summary>
/// Revenue caused by the campaigns: the treated shoppers' spending above that of equally many holdout shoppers, with Welch's interval.
/// </summary>
/// <param name="Revenue">The estimate; null if it cannot be made yet.</param>
/// <param name="Low">The lower bound; null without an estimate.</param>
/// <param name="High">The upper bound; null without an estimate.</param>
/// <param name="Confidence">The confidence level of the bounds, 0–1.</param>
/// <param name="Reason">Why there is no estimate yet: `no_shoppers`, `no_holdout` or `too_few_shoppers`; null if there is one.</param>
sealed record IncrementalResponse(decimal? Revenue, decimal? Low, decimal? High, double Confidence, string? Reason);
