namespace CartRecovery.Host.Api.Campaigns.Backtests;

/// <summary>An amount.</summary>
/// <param name="Currency">The currency, ISO 4217.</param>
/// <param name="Value">The amount.</param>
sealed record BacktestMoney(string Currency, decimal Value);
