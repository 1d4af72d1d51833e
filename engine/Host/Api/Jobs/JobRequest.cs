using CartRecovery.Contracts;
using CartRecovery.Engine.ControlPlane.Jobs;

namespace CartRecovery.Host.Api.Jobs;

/// <summary>Parses changes of jobs.</summary>
static class JobRequest
{
    static readonly string[] s_settings = ["schedule", "timezone", "timeout", "missed", "retries", "paused"];

    /// <summary>Parses a change.</summary>
    /// <returns>The change, or why it is invalid.</returns>
    public static (Func<JobOverrides, JobOverrides>? Change, string? Problem) Read(JobChange body)
    {
        TimeSpan? timeout = null;
        if (body.Timeout is { } text)
        {
            if (!DurationText.TryParse(text, out var parsed) || parsed < JobSettings.MinTimeout || parsed > JobSettings.MaxTimeout)
            {
                return (null, $"timeout: expected {DurationText.Form}, from {DurationText.Write(JobSettings.MinTimeout)} to {DurationText.Write(JobSettings.MaxTimeout)}");
            }

            timeout = parsed;
        }

        var reset = body.Reset ?? [];
        var problem = !JobSchedule.TryParse(JobSchedule.Off, body.Timezone ?? "UTC", out _, out var wrong) ? $"timezone: {wrong}"
            : !JobSchedule.TryParse(body.Schedule ?? JobSchedule.Off, "UTC", out _, out wrong) ? $"schedule: {wrong}"
            : body.Missed is not (null or "run" or "skip") ? $"missed: expected run or skip, got '{body.Missed}'"
            : body.Retries is < 0 or > JobSettings.MaxRetries ? $"retries: expected 0 to {JobSettings.MaxRetries}"
            : reset.FirstOrDefault(name => !s_settings.Contains(name)) is { } unknown ? $"reset: expected {string.Join(", ", s_settings)}; got '{unknown}'" : null;
        MissedRun? missed = body.Missed is null ? null : body.Missed == "run" ? MissedRun.Run : MissedRun.Skip;
        return (own => new JobOverrides(
            Of("schedule", body.Schedule, own.Schedule), Of("timezone", body.Timezone, own.Zone), Of("timeout", timeout, own.Timeout), Of("missed", missed, own.Missed),
            Of("retries", body.Retries, own.Retries), reset.Contains("paused") ? null : own.Paused), problem);

        T? Of<T>(string name, T? given, T? own) => given is not null ? given : reset.Contains(name) ? default : own;
    }
}
