namespace CartRecovery.Host.Api.Campaigns.Backtests;

/// <summary>Decisions after which no series begins.</summary>
/// <param name="Reason">Why: `reentry`, `bot`, `holdout` or `control`.</param>
/// <param name="Count">How many.</param>
sealed record BacktestWithheld(string Reason, int Count);
