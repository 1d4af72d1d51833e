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
