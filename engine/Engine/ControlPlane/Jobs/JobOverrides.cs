namespace CartRecovery.Engine.ControlPlane.Jobs;

/// <summary>Changes of a job's settings, by the configuration or by a user; <see langword="null"/> leaves a setting as it is.</summary>
/// <param name="Schedule">When it runs.</param>
/// <param name="Zone">The time zone of the schedule.</param>
/// <param name="Timeout">How long a run may take.</param>
/// <param name="Missed">What happens to a missed run.</param>
/// <param name="Retries">How often a run that failed is repeated.</param>
/// <param name="Paused">Whether it runs by hand alone.</param>
public sealed record JobOverrides(
    string? Schedule = null, string? Zone = null, TimeSpan? Timeout = null, MissedRun? Missed = null, int? Retries = null, bool? Paused = null);
