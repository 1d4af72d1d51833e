namespace CartRecovery.Host.Api.Jobs;

/// <summary>The result of a cancellation.</summary>
/// <param name="Runs">The number of cancelled runs.</param>
sealed record JobCancelled(int Runs);
