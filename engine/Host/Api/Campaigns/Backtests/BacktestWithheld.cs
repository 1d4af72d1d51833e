namespace CartRecovery.Host.Api.Campaigns.Backtests;

/// <summary>Decisions that start no series.</summary>
/// <param name="Reason">The reason: `reentry`, `bot`, `holdout` or `control`.</param>
/// <param name="Count">The number of decisions.</param>
sealed record BacktestWithheld(string Reason, int Count);
