namespace CartRecovery.Host.Api.DeadLetters;

/// <summary>The outcome of a replay.</summary>
/// <param name="Replayed">Dead letters whose event was accepted.</param>
/// <param name="Skipped">Dead letters replayed or dropped earlier.</param>
/// <param name="Failed">Dead letters that could not be replayed.</param>
/// <param name="Letters">The outcome of each dead letter.</param>
sealed record DeadLetterReplayResponse(int Replayed, int Skipped, int Failed, IReadOnlyList<DeadLetterOutcome> Letters);
