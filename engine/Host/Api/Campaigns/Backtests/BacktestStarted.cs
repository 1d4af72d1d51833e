namespace CartRecovery.Host.Api.Campaigns.Backtests;

/// <summary>A requested backtest.</summary>
/// <param name="Id">The backtest's number.</param>
sealed record BacktestStarted(long Id);
