namespace CartRecovery.Host.Backtests;

/// <summary>Thrown if a backtest cannot be run. Its user sees the message.</summary>
/// <param name="message">What is wrong, and what to do.</param>
sealed class BacktestException(string message) : Exception(message);
