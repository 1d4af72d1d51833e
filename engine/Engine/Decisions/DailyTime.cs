namespace CartRecovery.Engine.Decisions;

/// <summary>A time of day on certain days of the week.</summary>
/// <param name="Time">Local time.</param>
/// <param name="Days">Bit i for <see cref="DayOfWeek"/> i; no bits for every day.</param>
public sealed record DailyTime(TimeOnly Time, int Days)
{
    /// <summary>
    /// Returns the first such moment at or after another. A time skipped by a clock change is an hour later that day; of a time that occurs
    /// twice, the first counts.
    /// </summary>
    /// <param name="from">Milliseconds since 1970 UTC.</param>
    /// <param name="zone">The time zone.</param>
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

/// <summary>Converts local times.</summary>
public static class LocalTime
{
    /// <summary>Converts a local time to milliseconds since 1970 UTC. See <see cref="DailyTime.NextFrom"/> for clock changes.</summary>
    public static long ToUtc(DateTime local, TimeZoneInfo zone)
    {
        if (zone.IsInvalidTime(local))
        {
            local = local.AddHours(1);
        }

        // The first of the two has the larger offset: the clock has not been set back yet.
        var offset = zone.IsAmbiguousTime(local) ? zone.GetAmbiguousTimeOffsets(local).Max() : zone.GetUtcOffset(local);
        return new DateTimeOffset(local, offset).ToUnixTimeMilliseconds();
    }

    /// <summary>
    /// Returns the first moment after another at which the local time occurs; of a time that occurs twice, the second if the first is over.
    /// </summary>
    public static long ToUtcAfter(long after, DateTime local, TimeZoneInfo zone)
    {
        var at = ToUtc(local, zone);
        return at > after || !zone.IsAmbiguousTime(local)
            ? at : new DateTimeOffset(local, zone.GetAmbiguousTimeOffsets(local).Min()).ToUnixTimeMilliseconds();
    }
}
