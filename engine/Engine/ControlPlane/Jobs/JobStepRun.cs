namespace CartRecovery.Engine.ControlPlane.Jobs;

/// <summary>A step of a run.</summary>
/// <param name="Name">The step.</param>
/// <param name="Outcome">The state: <see cref="JobOutcome"/>.</param>
/// <param name="StartedAt">When it began; <see langword="null"/> if it was skipped.</param>
/// <param name="EndedAt">When it ended; <see langword="null"/> if it has not.</param>
/// <param name="Problem">Why it did not succeed; <see langword="null"/> if it did.</param>
public sealed record JobStepRun(string Name, string Outcome, DateTimeOffset? StartedAt, DateTimeOffset? EndedAt, string? Problem);
