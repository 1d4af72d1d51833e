namespace CartRecovery.Host.Api.Campaigns.Backtests;

/// <summary>An amount, from the smallest to the largest of the offers that the engine chooses among.</summary>
/// <param name="Currency">The currency, ISO 4217.</param>
/// <param name="Min">The amount if it always chose the smallest.</param>
/// <param name="Max">The amount if it always chose the largest.</param>
sealed record BacktestMoney(string Currency, decimal Min, decimal Max);
