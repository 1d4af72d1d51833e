namespace CartRecovery.Host.Api.Jobs;

/// <summary>A run that was asked for.</summary>
/// <param name="RunId">Its number.</param>
sealed record JobStarted(long RunId);
