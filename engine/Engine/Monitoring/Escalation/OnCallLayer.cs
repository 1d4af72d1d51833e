using CartRecovery.Engine.Monitoring.Notices;

namespace CartRecovery.Engine.Monitoring.Escalation;

/// <summary>People who take turns. Immutable.</summary>
/// <param name="Start">When the first person's first turn begins, in the schedule's time zone.</param>
/// <param name="Every">The length of a turn. Turns of whole days change at the same time of day, also when clocks are set.</param>
/// <param name="People">The people, in the order of their turns.</param>
/// <param name="Times">When the layer applies; empty for always.</param>
public sealed record OnCallLayer(DateTime Start, TimeSpan Every, IReadOnlyList<string> People, IReadOnlyList<NoticeInterval> Times)
{
    /// <summary>Whose turn it is; null if the layer does not apply then.</summary>
    /// <param name="time">The time.</param>
    /// <param name="zone">The schedule's time zone.</param>
    public string? At(DateTimeOffset time, TimeZoneInfo zone)
    {
        if (Times.Count > 0 && !Times.Any(interval => interval.Contains(time)))
        {
            return null;
        }

        var elapsed = Every.Ticks % TimeSpan.TicksPerDay == 0
            ? TimeZoneInfo.ConvertTime(time, zone).DateTime - Start
            : time.UtcDateTime - TimeZoneInfo.ConvertTimeToUtc(zone.IsInvalidTime(Start) ? Start.AddHours(1) : Start, zone);
        return elapsed < TimeSpan.Zero ? null : People[(int)(elapsed.Ticks / Every.Ticks % People.Count)];
    }
}
