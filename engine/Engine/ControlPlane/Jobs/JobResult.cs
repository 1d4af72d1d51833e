namespace CartRecovery.Engine.ControlPlane.Jobs;

/// <summary>The result of a run.</summary>
/// <param name="Outcome">The final state: <see cref="JobOutcome"/>.</param>
/// <param name="Problem">Why the run did not succeed; <see langword="null"/> if it did.</param>
/// <param name="Steps">The steps.</param>
sealed record JobResult(string Outcome, string? Problem, IReadOnlyList<JobStepRun> Steps);
