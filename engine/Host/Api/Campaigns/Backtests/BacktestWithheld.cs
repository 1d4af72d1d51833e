namespace CartRecovery.Host.Api.Campaigns.Backtests;

/// <summary>Decisions that start no series.</summary>
/// <param name="Reason">
/// Why: `reentry`, `bot`, `holdout` or `control`; of what was decided also `in_campaign`, `cart_merged`, `variant_stopped`, `purchased`, `campaign_gone`, and `not_recorded` if the
/// database does not have the message any more.
/// </param>
/// <param name="Count">The number of decisions.</param>
sealed record BacktestWithheld(string Reason, int Count);
