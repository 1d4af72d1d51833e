namespace CartRecovery.Engine.Backtest;

/// <summary>Thrown if a replay exceeds the maximum of its <see cref="ReplayScope"/>.</summary>
/// <param name="max">The maximum.</param>
public sealed class ReplayLimitException(int max) : Exception($"The period has more than {max} decisions or orders. Choose a shorter one.");
