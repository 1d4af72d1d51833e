namespace CartRecovery.Host.Api.Jobs;

/// <summary>A step of a run.</summary>
/// <param name="Name">The step's name.</param>
/// <param name="Outcome">`succeeded`, `failed`, `timed_out`, `cancelled`, `interrupted` or `skipped`.</param>
/// <param name="StartedAt">When it began.</param>
/// <param name="EndedAt">When it ended.</param>
/// <param name="Problem">Why it did not succeed.</param>
sealed record JobStepItem(string Name, string Outcome, DateTime? StartedAt, DateTime? EndedAt, string? Problem);
