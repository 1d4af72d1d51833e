namespace CartRecovery.Host.Api.Campaigns.Backtests;

/// <summary>A segment that a backtest used.</summary>
/// <param name="Key">The segment's key.</param>
/// <param name="Number">The version's number; null if the store had no such segment, so that nobody was in it.</param>
/// <param name="ComparesCustomers">Whether it compares attributes of customers: those at the time of the backtest.</param>
sealed record BacktestSegment(string Key, long? Number, bool ComparesCustomers);
