using CartRecovery.Engine.ControlPlane.Jobs;

namespace CartRecovery.Host.Api.Jobs;

/// <summary>A run of a job.</summary>
/// <param name="Id">The run's number.</param>
/// <param name="Job">The job.</param>
/// <param name="Cause">The cause: `schedule`, `missed`, `manual` or `retry`.</param>
/// <param name="Actor">The actor who requested it; null if nobody did.</param>
/// <param name="Attempt">The attempt, from 1; retries count up.</param>
/// <param name="Outcome">`waiting`, `running`, `succeeded`, `failed`, `timed_out`, `cancelled`, `interrupted` or `missed`.</param>
/// <param name="DueAt">When it was due.</param>
/// <param name="StartedAt">When it began.</param>
/// <param name="EndedAt">When it ended.</param>
/// <param name="Seconds">The duration, in seconds.</param>
/// <param name="Problem">Why it did not succeed.</param>
/// <param name="Progress">The progress, as text.</param>
/// <param name="Report">The result, as JSON.</param>
/// <param name="Steps">The steps; empty in lists.</param>
/// <param name="Log">The log lines; empty in lists.</param>
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
