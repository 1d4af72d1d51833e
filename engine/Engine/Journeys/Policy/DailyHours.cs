using CartRecovery.Engine.Decisions;

namespace CartRecovery.Engine.Journeys.Policy;

/// <summary>Hours of the day in which nothing goes out. They may reach over midnight.</summary>
/// <param name="From">When they begin.</param>
/// <param name="To">When they end.</param>
public sealed record QuietHours(TimeOnly From, TimeOnly To)
{
    /// <summary>The first moment outside of them that is not before another one: milliseconds since 1970 UTC. In the night of a change of the clocks
    /// it may be a later one, but never one within them.</summary>
    /// <param name="at">Milliseconds since 1970 UTC.</param>
    /// <param name="zone">Whose clock it is.</param>
    public long FreeFrom(long at, TimeZoneInfo zone)
    {
        // A change of the clocks can bring them back once.
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

/// <summary>The only hours, of some days, in which something goes out.</summary>
/// <param name="Days">The days, bit i for <see cref="DayOfWeek"/> i; all where none is set.</param>
/// <param name="From">When they begin.</param>
/// <param name="To">When they end, on the same day.</param>
public sealed record BusinessHours(int Days, TimeOnly From, TimeOnly To)
{
    readonly DailyTime _opening = new(From, Days);

    /// <summary>The first moment within them that is not before another one: milliseconds since 1970 UTC.</summary>
    /// <param name="at">Milliseconds since 1970 UTC.</param>
    /// <param name="zone">Whose clock it is.</param>
    public long OpenFrom(long at, TimeZoneInfo zone)
    {
        var local = TimeZoneInfo.ConvertTime(DateTimeOffset.FromUnixTimeMilliseconds(at), zone);
        var isDay = Days == 0 || (Days & (1 << (int)local.DayOfWeek)) != 0;
        return isDay && TimeOnly.FromDateTime(local.DateTime).IsBetween(From, To) ? at : _opening.NextFrom(at, zone);
    }
}
