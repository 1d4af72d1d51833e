namespace CartRecovery.Engine.ControlPlane.Jobs;

/// <summary>How a run ended.</summary>
/// <param name="Outcome">Its state: <see cref="JobOutcome"/>.</param>
/// <param name="Problem">Why it did not succeed.</param>
/// <param name="Steps">Its steps.</param>
sealed record JobResult(string Outcome, string? Problem, IReadOnlyList<JobStepRun> Steps);
