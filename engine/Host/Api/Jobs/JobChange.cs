namespace CartRecovery.Host.Api.Jobs;

/// <summary>What changes of a job; what is absent stays.</summary>
/// <param name="Schedule">When it runs: five cron fields (minute, hour, day, month, weekday), or `off`.</param>
/// <param name="Timezone">The time zone of the schedule, an IANA name.</param>
/// <param name="Timeout">How long a run may take, such as `10m`.</param>
/// <param name="Missed">What happens to a run whose time passed while no engine could run it: `run`, once at the start, or `skip`.</param>
/// <param name="Retries">How often a run that failed is repeated.</param>
/// <param name="Reset">The settings that are those of the configuration again: `schedule`, `timezone`, `timeout`, `missed`, `retries`, `paused`.</param>
sealed record JobChange(string? Schedule = null, string? Timezone = null, string? Timeout = null, string? Missed = null, int? Retries = null, IReadOnlyList<string>? Reset = null);
