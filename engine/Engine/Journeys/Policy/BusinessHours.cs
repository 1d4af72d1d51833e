using CartRecovery.Engine.Decisions;

namespace CartRecovery.Engine.Journeys.Policy;

/// <summary>The only hours in which messages are sent.</summary>
/// <param name="Days">Bit i for <see cref="DayOfWeek"/> i; no bits for every day.</param>
/// <param name="From">Start.</param>
/// <param name="To">End, on the same day.</param>
public sealed record BusinessHours(int Days, TimeOnly From, TimeOnly To)
{
    readonly DailyTime _opening = new(From, Days);

    /// <summary>Returns the first time at or after another that is within the hours (ms since 1970 UTC).</summary>
    /// <param name="at">Milliseconds since 1970 UTC.</param>
    /// <param name="zone">The time zone.</param>
    public long OpenFrom(long at, TimeZoneInfo zone)
    {
        var local = TimeZoneInfo.ConvertTime(DateTimeOffset.FromUnixTimeMilliseconds(at), zone);
        var isDay = Days == 0 || (Days & (1 << (int)local.DayOfWeek)) != 0;
        return isDay && TimeOnly.FromDateTime(local.DateTime).IsBetween(From, To) ? at : _opening.NextFrom(at, zone);
    }
}
