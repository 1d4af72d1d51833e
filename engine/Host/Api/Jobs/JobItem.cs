using CartRecovery.Contracts;
using CartRecovery.Engine.ControlPlane.Jobs;

namespace CartRecovery.Host.Api.Jobs;

/// <summary>A job.</summary>
/// <param name="Name">The name.</param>
/// <param name="Description">What it does.</param>
/// <param name="PerEngine">Whether each engine runs it for itself. Otherwise one of those that share the control database does.</param>
/// <param name="Essential">Whether it can be neither paused nor switched off.</param>
/// <param name="Schedule">When it runs: five cron fields, or `off`.</param>
/// <param name="Timezone">The time zone of the schedule.</param>
/// <param name="Timeout">How long a run may take.</param>
/// <param name="Missed">What happens to a missed run: `run` or `skip`.</param>
/// <param name="Retries">How often a run that failed is repeated.</param>
/// <param name="Paused">Whether it runs by hand alone.</param>
/// <param name="Changed">The settings that users have changed; the others are those of the configuration or the job's own.</param>
/// <param name="State">`idle`, `running`, `waiting` (a run was asked for, or a retry follows) or `late`.</param>
/// <param name="RunId">The run that is running.</param>
/// <param name="NextAt">When it runs next by its schedule.</param>
/// <param name="LastOutcome">How the last run ended.</param>
/// <param name="LastEndedAt">When it ended.</param>
/// <param name="LastSeconds">How long it took.</param>
/// <param name="LastSuccessAt">When a run last succeeded.</param>
sealed record JobItem(
    string Name, string Description, bool PerEngine, bool Essential, string Schedule, string Timezone, string Timeout, string Missed, int Retries, bool Paused,
    IReadOnlyList<string> Changed, string State, long? RunId, DateTime? NextAt, string? LastOutcome, DateTime? LastEndedAt, double? LastSeconds, DateTime? LastSuccessAt)
{
    public static JobItem Of(JobState job, JobScheduler scheduler)
    {
        var settings = job.Settings;
        return new JobItem(job.Name, job.Description, scheduler.Definitions.FirstOrDefault(definition => definition.Name == job.Name)?.PerEngine ?? job.Engine.Length > 0, job.IsEssential,
            settings.Schedule, settings.Zone, DurationText.Write(settings.Timeout), settings.Missed == MissedRun.Run ? "run" : "skip", settings.Retries, settings.Paused,
            ChangedIn(job.Own), StateOf(job, scheduler.IsLate(job)), job.Lease?.RunId, job.NextAt?.UtcDateTime, job.Last?.Outcome, job.Last?.EndedAt.UtcDateTime,
            job.Last?.Took.TotalSeconds, job.LastSuccessAt?.UtcDateTime);
    }

    /// <summary>Returns the state of a job in a word.</summary>
    public static string StateOf(JobState job, bool isLate) => job.Lease is not null ? "running" : isLate ? "late" : job.WaitingSince is not null ? "waiting" : "idle";

    static IReadOnlyList<string> ChangedIn(JobOverrides own) => [.. new (string Name, object? Value)[]
    {
        ("schedule", own.Schedule), ("timezone", own.Zone), ("timeout", own.Timeout), ("missed", own.Missed), ("retries", own.Retries), ("paused", own.Paused),
    }.Where(setting => setting.Value is not null).Select(setting => setting.Name)];
}
