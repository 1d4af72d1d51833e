namespace CartRecovery.Engine.Backtest;

/// <summary>Thrown if a replay decides more than its <see cref="ReplayScope"/> permits.</summary>
/// <param name="max">The bound.</param>
public sealed class ReplayLimitException(int max) : Exception($"The period has more than {max} decisions or orders. Choose a shorter one.");
