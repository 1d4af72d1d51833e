namespace CartRecovery.Host.Api.Jobs;

/// <summary>A requested run.</summary>
/// <param name="RunId">The run's number.</param>
sealed record JobStarted(long RunId);
