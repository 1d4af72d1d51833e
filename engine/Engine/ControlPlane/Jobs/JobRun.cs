namespace CartRecovery.Engine.ControlPlane.Jobs;

/// <summary>A run of a job.</summary>
/// <param name="Id">Its number.</param>
/// <param name="Job">The job.</param>
/// <param name="Engine">The engine whose job it is; empty for a job that engines share.</param>
/// <param name="Cause">Why it runs: schedule, missed, manual or retry.</param>
/// <param name="Actor">Who asked for it; <see langword="null"/> for nobody.</param>
/// <param name="Attempt">Its number among the retries, from 1.</param>
/// <param name="Outcome">Its state: <see cref="JobOutcome"/>.</param>
/// <param name="DueAt">When it was due.</param>
/// <param name="StartedAt">When it began.</param>
/// <param name="EndedAt">When it ended.</param>
/// <param name="Problem">Why it did not succeed.</param>
/// <param name="Progress">How far it is.</param>
/// <param name="Report">What it found, as JSON; <see langword="null"/> for nothing.</param>
/// <param name="Log">What it logged, a line for each.</param>
public sealed record JobRun(
    long Id, string Job, string Engine, string Cause, string? Actor, int Attempt, string Outcome, DateTimeOffset DueAt, DateTimeOffset? StartedAt,
    DateTimeOffset? EndedAt, string? Problem, string? Progress, string? Report, string Log)
{
    /// <summary>The cause of a run whose time came.</summary>
    public const string BySchedule = "schedule";

    /// <summary>The cause of a run whose time had passed before an engine could run it.</summary>
    public const string ByMissed = "missed";

    /// <summary>The cause of a run that somebody asked for.</summary>
    public const string ByHand = "manual";

    /// <summary>The cause of the retry of a run that failed.</summary>
    public const string ByRetry = "retry";

    /// <summary>Its steps; empty where runs are listed.</summary>
    public IReadOnlyList<JobStepRun> Steps { get; init; } = [];
}
