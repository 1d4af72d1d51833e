namespace CartRecovery.Engine.ControlPlane.Jobs;

/// <summary>A step of a run.</summary>
/// <param name="Name">The step.</param>
/// <param name="Outcome">Its state: <see cref="JobOutcome"/>.</param>
/// <param name="StartedAt">When it began; <see langword="null"/> if it was skipped.</param>
/// <param name="EndedAt">When it ended.</param>
/// <param name="Problem">Why it did not succeed.</param>
public sealed record JobStepRun(string Name, string Outcome, DateTimeOffset? StartedAt, DateTimeOffset? EndedAt, string? Problem);
