using System.Diagnostics.CodeAnalysis;
using CartRecovery.Primitives;
using Cronos;

namespace CartRecovery.Engine.ControlPlane.Jobs;

/// <summary>
/// A schedule of a job: a cron expression of five fields (minute, hour, day, month, weekday) in a time zone, or <c>off</c>. When the clock
/// is put forward, a run in the skipped hour happens right after it; when it is put back, a run at a fixed time happens once.
/// </summary>
public sealed class JobSchedule
{
    /// <summary>The schedule of a job that runs on request only.</summary>
    public const string Off = "off";

    /// <summary>Maximum length of a schedule, in characters.</summary>
    public const int MaxLength = 100;

    readonly CronExpression? _cron;
    readonly TimeZoneInfo _zone;

    JobSchedule(CronExpression? cron, TimeZoneInfo zone) => (_cron, _zone) = (cron, zone);

    /// <summary>Parses a schedule.</summary>
    /// <param name="text">The cron expression, or <c>off</c>.</param>
    /// <param name="zone">The time zone, an IANA name.</param>
    /// <param name="schedule">The schedule.</param>
    /// <param name="problem">Why the text is invalid.</param>
    public static bool TryParse(string text, string zone, [NotNullWhen(true)] out JobSchedule? schedule, [NotNullWhen(false)] out string? problem)
    {
        (schedule, problem) = (null, null);
        if (!TimeZones.TryFind(zone, out var found))
        {
            problem = $"unknown time zone '{zone}'; use an IANA name like Europe/Amsterdam";
        }
        else if (text.Length > MaxLength)
        {
            problem = $"a schedule has at most {MaxLength} characters";
        }
        else if (text == Off)
        {
            schedule = new JobSchedule(null, found);
        }
        else if (!CronExpression.TryParse(text, CronFormat.Standard, out var cron))
        {
            problem = $"expected five cron fields (minute hour day month weekday), such as '0 3 * * *' for three at night, or off; got '{text}'";
        }
        else if (cron.GetNextOccurrence(DateTime.UnixEpoch, TimeZoneInfo.Utc) is null)
        {
            problem = $"'{text}' never comes";
        }
        else
        {
            schedule = new JobSchedule(cron, found);
        }

        return schedule is not null;
    }

    /// <summary>Returns the first time after another time; <see langword="null"/> if there is none.</summary>
    public DateTimeOffset? NextAfter(DateTimeOffset time) => _cron?.GetNextOccurrence(time.UtcDateTime, _zone) is { } next ? new DateTimeOffset(next) : null;
}
