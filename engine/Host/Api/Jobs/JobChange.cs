namespace CartRecovery.Host.Api.Jobs;

/// <summary>A change of a job. Absent settings stay.</summary>
/// <param name="Schedule">The schedule: five cron fields (minute, hour, day, month, weekday), or `off`.</param>
/// <param name="Timezone">The time zone of the schedule, an IANA name.</param>
/// <param name="Timeout">Maximum duration of a run, such as `10m`.</param>
/// <param name="Missed">What happens to a run that no engine could start in time: `run`, once as soon as possible, or `skip`.</param>
/// <param name="Retries">Maximum number of retries of a failed run.</param>
/// <param name="Reset">Settings to reset to those of the configuration: `schedule`, `timezone`, `timeout`, `missed`, `retries`, `paused`.</param>
sealed record JobChange(string? Schedule = null, string? Timezone = null, string? Timeout = null, string? Missed = null, int? Retries = null, IReadOnlyList<string>? Reset = null);
