namespace CartRecovery.Host.Api.DeadLetters;

/// <summary>The outcome of dropping dead letters.</summary>
/// <param name="Dropped">The number of dead letters dropped.</param>
sealed record DroppedLetters(int Dropped);
