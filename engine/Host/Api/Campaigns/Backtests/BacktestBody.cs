namespace CartRecovery.Host.Api.Campaigns.Backtests;

/// <summary>Options of a backtest.</summary>
/// <param name="From">The start of the period: RFC 3339, a date, epoch ms, or an age; `7d` if absent.</param>
/// <param name="To">The end of the period, exclusive; now if absent.</param>
/// <param name="Version">The version of the campaign; the last one if absent.</param>
/// <param name="Model">The file name of a model in the folder of the model in force; the model in force if absent.</param>
sealed record BacktestBody(string? From = null, string? To = null, long? Version = null, string? Model = null);
