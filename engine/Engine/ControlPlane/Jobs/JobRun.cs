namespace CartRecovery.Engine.ControlPlane.Jobs;

/// <summary>A run of a job.</summary>
/// <param name="Id">The run's number.</param>
/// <param name="Job">The job.</param>
/// <param name="Engine">The engine that the job belongs to; empty for a job that engines share.</param>
/// <param name="Cause">The cause: schedule, missed, manual or retry.</param>
/// <param name="Actor">The actor who requested it; <see langword="null"/> if nobody did.</param>
/// <param name="Attempt">The attempt, from 1; retries count up.</param>
/// <param name="Outcome">The state: <see cref="JobOutcome"/>.</param>
/// <param name="DueAt">When it was due.</param>
/// <param name="StartedAt">When it began; <see langword="null"/> if it has not.</param>
/// <param name="EndedAt">When it ended; <see langword="null"/> if it has not.</param>
/// <param name="Problem">Why it did not succeed; <see langword="null"/> otherwise.</param>
/// <param name="Progress">The progress, as text.</param>
/// <param name="Report">The result, as JSON; <see langword="null"/> for none.</param>
/// <param name="Log">The log lines, separated by line feeds.</param>
public sealed record JobRun(
    long Id, string Job, string Engine, string Cause, string? Actor, int Attempt, string Outcome, DateTimeOffset DueAt, DateTimeOffset? StartedAt,
    DateTimeOffset? EndedAt, string? Problem, string? Progress, string? Report, string Log)
{
    /// <summary>The cause of a run that was due by its schedule.</summary>
    public const string BySchedule = "schedule";

    /// <summary>The cause of a run that catches up on missed ones.</summary>
    public const string ByMissed = "missed";

    /// <summary>The cause of a run that was requested.</summary>
    public const string ByHand = "manual";

    /// <summary>The cause of a retry.</summary>
    public const string ByRetry = "retry";

    /// <summary>The steps; empty in lists of runs.</summary>
    public IReadOnlyList<JobStepRun> Steps { get; init; } = [];
}
