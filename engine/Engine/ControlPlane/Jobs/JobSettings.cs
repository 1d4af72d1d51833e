namespace CartRecovery.Engine.ControlPlane.Jobs;

/// <summary>The settings of a job.</summary>
/// <param name="Schedule">The schedule, as in <see cref="JobSchedule"/>.</param>
/// <param name="Zone">The time zone of the schedule, an IANA name.</param>
/// <param name="Timeout">Maximum duration of a run.</param>
/// <param name="Missed">What happens to a missed run.</param>
/// <param name="Retries">Maximum number of retries of a failed run.</param>
/// <param name="Paused">Whether the job runs on request only.</param>
public sealed record JobSettings(string Schedule, string Zone, TimeSpan Timeout, MissedRun Missed, int Retries, bool Paused)
{
    /// <summary>Maximum number of retries.</summary>
    public const int MaxRetries = 10;

    /// <summary>Minimum timeout.</summary>
    public static TimeSpan MinTimeout { get; } = TimeSpan.FromSeconds(1);

    /// <summary>Maximum timeout.</summary>
    public static TimeSpan MaxTimeout { get; } = TimeSpan.FromDays(1);

    /// <summary>Returns the settings with overrides applied.</summary>
    public JobSettings With(JobOverrides? changes) => changes is null ? this : this with
    {
        Schedule = changes.Schedule ?? Schedule,
        Zone = changes.Zone ?? Zone,
        Timeout = changes.Timeout ?? Timeout,
        Missed = changes.Missed ?? Missed,
        Retries = changes.Retries ?? Retries,
        Paused = changes.Paused ?? Paused,
    };

    /// <summary>Returns the next run after a time; <see langword="null"/> if the job runs on request only.</summary>
    public DateTimeOffset? NextAfter(DateTimeOffset time) =>
        !Paused && JobSchedule.TryParse(Schedule, Zone, out var schedule, out _) ? schedule.NextAfter(time) : null;
}
