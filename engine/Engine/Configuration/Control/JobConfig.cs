using CartRecovery.Engine.Configuration.Values;
using CartRecovery.Engine.ControlPlane.Jobs;

namespace CartRecovery.Engine.Configuration.Control;

/// <summary>What the configuration changes of a job.</summary>
public sealed class JobConfig
{
    [ConfigKey("When it runs: five cron fields (minute hour day month weekday), or off for a job that is run by hand alone. Default: the job's own.", Example = "0 3 * * *")]
    public string? Schedule { get; set; }

    [ConfigKey("The time zone of the schedule, an IANA name. Default: UTC.", Example = "Europe/Amsterdam")]
    public string? Timezone { get; set; }

    [ConfigKey("How long a run may take. Default: the job's own.", Min = "1s", Max = "1d")]
    public Duration? Timeout { get; set; }

    [ConfigKey("What happens to a run whose time passed while no engine could run it: run, once at the start, or skip. Default: the job's own.")]
    public MissedRun? Missed { get; set; }

    [ConfigKey("How often a run that failed is repeated, with growing delays. Default: the job's own.", Min = "0", Max = "10")]
    public int? Retries { get; set; }

    [ConfigKey("Whether it is run by hand alone until somebody resumes it. Default: false.")]
    public bool? Paused { get; set; }

    /// <summary>Returns the changes.</summary>
    public JobOverrides ToOverrides() => new(Schedule, Timezone, Timeout?.Value, Missed, Retries, Paused);
}
