using CartRecovery.Contracts;
using CartRecovery.Engine.ControlPlane.Jobs;

namespace CartRecovery.Host.Api.Jobs;

/// <summary>A job.</summary>
/// <param name="Name">The name.</param>
/// <param name="Description">The job's purpose.</param>
/// <param name="PerEngine">Whether each engine runs the job itself. Otherwise one of the engines that share the control database runs
/// it.</param>
/// <param name="Essential">Whether it can be neither paused nor switched off.</param>
/// <param name="Schedule">The schedule: five cron fields, or `off`.</param>
/// <param name="Timezone">The time zone of the schedule.</param>
/// <param name="Timeout">Maximum duration of a run.</param>
/// <param name="Missed">What happens to a missed run: `run` or `skip`.</param>
/// <param name="Retries">Maximum number of retries of a failed run.</param>
/// <param name="Paused">Whether the job runs on request only.</param>
/// <param name="ConfiguredBy">The engine whose configuration the settings are from, if engines share the job; null for this one.</param>
/// <param name="Changed">The settings that users have changed. The others are those of the configuration, or the job's defaults.</param>
/// <param name="State">`idle`, `running`, `overdue` (asked to end, but still running), `waiting` (a requested run or a retry is pending) or `late`.</param>
/// <param name="RunId">The number of the running run.</param>
/// <param name="NextAt">The next scheduled run.</param>
/// <param name="LastOutcome">The outcome of the last run.</param>
/// <param name="LastEndedAt">When the last run ended.</param>
/// <param name="LastSeconds">The duration of the last run, in seconds.</param>
/// <param name="LastSuccessAt">When a run last succeeded.</param>
sealed record JobItem(
    string Name, string Description, bool PerEngine, bool Essential, string Schedule, string Timezone, string Timeout, string Missed, int Retries, bool Paused,
    string? ConfiguredBy, IReadOnlyList<string> Changed, string State, long? RunId, DateTime? NextAt, string? LastOutcome, DateTime? LastEndedAt, double? LastSeconds, DateTime? LastSuccessAt)
{
    public static JobItem Of(JobState job, JobScheduler scheduler)
    {
        var settings = job.Settings;
        return new JobItem(job.Name, job.Description, scheduler.Definitions.FirstOrDefault(definition => definition.Name == job.Name)?.PerEngine ?? job.Engine.Length > 0, job.IsEssential,
            settings.Schedule, settings.Zone, DurationText.Write(settings.Timeout), settings.Missed == MissedRun.Run ? "run" : "skip", settings.Retries, settings.Paused,
            job.ConfiguredBy is { } by && job.Engine.Length == 0 && by != "local" && by != scheduler.Control.Engine ? by : null, ChangedIn(job.Own), StateOf(job, scheduler.IsLate(job), scheduler.IsOverdue(job)), job.Lease?.RunId, job.NextAt?.UtcDateTime, job.Last?.Outcome, job.Last?.EndedAt.UtcDateTime,
            job.Last?.Took.TotalSeconds, job.LastSuccessAt?.UtcDateTime);
    }

    /// <summary>Returns the state of a job.</summary>
    public static string StateOf(JobState job, bool isLate, bool isOverdue = false) => isOverdue ? "overdue" : job.Lease is not null ? "running" : isLate ? "late" : job.WaitingSince is not null ? "waiting" : "idle";

    static IReadOnlyList<string> ChangedIn(JobOverrides own) => [.. new (string Name, object? Value)[]
    {
        ("schedule", own.Schedule), ("timezone", own.Zone), ("timeout", own.Timeout), ("missed", own.Missed), ("retries", own.Retries), ("paused", own.Paused),
    }.Where(setting => setting.Value is not null).Select(setting => setting.Name)];
}
