namespace CartRecovery.Host.Api.Learning;

/// <summary>A run of the job <c>shadow-evaluation</c>.</summary>
/// <param name="At">When it began.</param>
/// <param name="Evaluations">Each shadow, and the canary.</param>
sealed record EvaluationRun(DateTime At, IReadOnlyList<EvaluationReport> Evaluations);
