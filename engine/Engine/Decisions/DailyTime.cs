namespace CartRecovery.Engine.Decisions;

/// <summary>A time of day, on some days of the week.</summary>
/// <param name="Time">The time on a clock on the wall.</param>
/// <param name="Days">The days, bit i for <see cref="DayOfWeek"/> i; all where none is set.</param>
public sealed record DailyTime(TimeOnly Time, int Days)
{
    /// <summary>The first such moment that is not before another one. A time that a change of the clocks leaves out is an hour later that day; of
    /// one that comes twice it is the first.</summary>
    /// <param name="from">Milliseconds since 1970 UTC.</param>
    /// <param name="zone">Whose clock it is.</param>
    public long NextFrom(long from, TimeZoneInfo zone)
    {
        var local = TimeZoneInfo.ConvertTime(DateTimeOffset.FromUnixTimeMilliseconds(from), zone);
        for (var day = DateOnly.FromDateTime(local.Date); ; day = day.AddDays(1))
        {
            if (Days != 0 && (Days & (1 << (int)day.DayOfWeek)) == 0)
            {
                continue;
            }

            var at = LocalTime.ToUtc(day.ToDateTime(Time), zone);
            if (at >= from)
            {
                return at;
            }
        }
    }
}

/// <summary>Clocks on the wall.</summary>
public static class LocalTime
{
    /// <summary>The moment at which a clock shows a time: milliseconds since 1970 UTC. See <see cref="DailyTime.NextFrom"/> for changes of the clocks.</summary>
    public static long ToUtc(DateTime local, TimeZoneInfo zone)
    {
        if (zone.IsInvalidTime(local))
        {
            local = local.AddHours(1);
        }

        // The first of two is the one with the larger offset: the clock has not been set back yet.
        var offset = zone.IsAmbiguousTime(local) ? zone.GetAmbiguousTimeOffsets(local).Max() : zone.GetUtcOffset(local);
        return new DateTimeOffset(local, offset).ToUnixTimeMilliseconds();
    }

    /// <summary>The first moment behind another one at which a clock shows a time: the second one of a time that comes twice, if the first is over.</summary>
    public static long ToUtcAfter(long after, DateTime local, TimeZoneInfo zone)
    {
        var at = ToUtc(local, zone);
        return at > after || !zone.IsAmbiguousTime(local)
            ? at : new DateTimeOffset(local, zone.GetAmbiguousTimeOffsets(local).Min()).ToUnixTimeMilliseconds();
    }
}
