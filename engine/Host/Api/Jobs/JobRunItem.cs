using CartRecovery.Engine.ControlPlane.Jobs;

namespace CartRecovery.Host.Api.Jobs;

/// <summary>A run of a job.</summary>
/// <param name="Id">Its number.</param>
/// <param name="Job">The job.</param>
/// <param name="Cause">Why it runs: `schedule`, `missed`, `manual` or `retry`.</param>
/// <param name="Actor">Who asked for it.</param>
/// <param name="Attempt">Its number among the retries, from 1.</param>
/// <param name="Outcome">`waiting`, `running`, `succeeded`, `failed`, `timed_out`, `cancelled`, `interrupted` or `missed`.</param>
/// <param name="DueAt">When it was due.</param>
/// <param name="StartedAt">When it began.</param>
/// <param name="EndedAt">When it ended.</param>
/// <param name="Seconds">How long it took.</param>
/// <param name="Problem">Why it did not succeed.</param>
/// <param name="Progress">How far it is.</param>
/// <param name="Report">What it found, as JSON.</param>
/// <param name="Steps">Its steps; empty in lists.</param>
/// <param name="Log">What it logged; empty in lists.</param>
sealed record JobRunItem(
    long Id, string Job, string Cause, string? Actor, int Attempt, string Outcome, DateTime DueAt, DateTime? StartedAt, DateTime? EndedAt, double? Seconds, string? Problem,
    string? Progress, string? Report, IReadOnlyList<JobStepItem> Steps, IReadOnlyList<string> Log)
{
    public static JobRunItem Of(JobRun run, bool whole) => new(
        run.Id, run.Job, run.Cause, run.Actor, run.Attempt, run.Outcome, run.DueAt.UtcDateTime, run.StartedAt?.UtcDateTime, run.EndedAt?.UtcDateTime,
        (run.EndedAt - run.StartedAt)?.TotalSeconds, run.Problem, run.Progress, run.Report,
        [.. run.Steps.Select(step => new JobStepItem(step.Name, step.Outcome, step.StartedAt?.UtcDateTime, step.EndedAt?.UtcDateTime, step.Problem))],
        whole && run.Log.Length > 0 ? run.Log.Split('\n') : []);
}
