namespace CartRecovery.Engine.ControlPlane.Jobs;

/// <summary>Settings of a job that the configuration or a user overrides; <see langword="null"/> leaves a setting as it is.</summary>
/// <param name="Schedule">The schedule, as in <see cref="JobSchedule"/>.</param>
/// <param name="Zone">The time zone of the schedule, an IANA name.</param>
/// <param name="Timeout">Maximum duration of a run.</param>
/// <param name="Missed">What happens to a missed run.</param>
/// <param name="Retries">Maximum number of retries of a failed run.</param>
/// <param name="Paused">Whether the job runs on request only.</param>
public sealed record JobOverrides(
    string? Schedule = null, string? Zone = null, TimeSpan? Timeout = null, MissedRun? Missed = null, int? Retries = null, bool? Paused = null);
