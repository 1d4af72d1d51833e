namespace CartRecovery.Host.Api.Campaigns.Backtests;

/// <summary>A backtest that was asked for.</summary>
/// <param name="Id">Its number.</param>
sealed record BacktestStarted(long Id);
