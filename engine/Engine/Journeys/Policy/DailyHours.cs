using CartRecovery.Engine.Decisions;

namespace CartRecovery.Engine.Journeys.Policy;

/// <summary>Hours of the day in which nothing is sent. They may cross midnight.</summary>
/// <param name="From">Start.</param>
/// <param name="To">End.</param>
public sealed record QuietHours(TimeOnly From, TimeOnly To)
{
    /// <summary>
    /// Returns the first time at or after another that is outside the hours (ms since 1970 UTC). In the night of a clock change it may be
    /// later than necessary, but never within the hours.
    /// </summary>
    /// <param name="at">Milliseconds since 1970 UTC.</param>
    /// <param name="zone">The time zone.</param>
    public long FreeFrom(long at, TimeZoneInfo zone)
    {
        // A clock change can repeat the hours once.
        for (var i = 0; i < 3; i++)
        {
            var local = TimeZoneInfo.ConvertTime(DateTimeOffset.FromUnixTimeMilliseconds(at), zone).DateTime;
            var time = TimeOnly.FromDateTime(local);
            if (!time.IsBetween(From, To))
            {
                return at;
            }

            var day = From < To || time < To ? local.Date : local.Date.AddDays(1);
            at = LocalTime.ToUtcAfter(at, day + To.ToTimeSpan(), zone);
        }

        return at;
    }
}

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
