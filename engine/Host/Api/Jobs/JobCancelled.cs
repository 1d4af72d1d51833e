namespace CartRecovery.Host.Api.Jobs;

/// <summary>Runs that were cancelled.</summary>
/// <param name="Runs">How many.</param>
sealed record JobCancelled(int Runs);
