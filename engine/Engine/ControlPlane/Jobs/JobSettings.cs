namespace CartRecovery.Engine.ControlPlane.Jobs;

/// <summary>What can be set for a job.</summary>
/// <param name="Schedule">When it runs, as <see cref="JobSchedule"/> reads it.</param>
/// <param name="Zone">The time zone of the schedule, an IANA name.</param>
/// <param name="Timeout">How long a run may take.</param>
/// <param name="Missed">What happens to a missed run.</param>
/// <param name="Retries">How often a run that failed is repeated.</param>
/// <param name="Paused">Whether it runs by hand alone.</param>
public sealed record JobSettings(string Schedule, string Zone, TimeSpan Timeout, MissedRun Missed, int Retries, bool Paused)
{
    /// <summary>Maximum number of retries.</summary>
    public const int MaxRetries = 10;

    /// <summary>Minimum of a timeout.</summary>
    public static TimeSpan MinTimeout { get; } = TimeSpan.FromSeconds(1);

    /// <summary>Maximum of a timeout.</summary>
    public static TimeSpan MaxTimeout { get; } = TimeSpan.FromDays(1);

    /// <summary>Lays changes over the settings.</summary>
    public JobSettings With(JobOverrides? changes) => changes is null ? this : this with
    {
        Schedule = changes.Schedule ?? Schedule,
        Zone = changes.Zone ?? Zone,
        Timeout = changes.Timeout ?? Timeout,
        Missed = changes.Missed ?? Missed,
        Retries = changes.Retries ?? Retries,
        Paused = changes.Paused ?? Paused,
    };

    /// <summary>When it runs; <see langword="null"/> if by hand alone.</summary>
    public DateTimeOffset? NextAfter(DateTimeOffset time) =>
        !Paused && JobSchedule.TryParse(Schedule, Zone, out var schedule, out _) ? schedule.NextAfter(time) : null;
}
