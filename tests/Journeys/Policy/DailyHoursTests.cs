using CartRecovery.Engine.Decisions;
using CartRecovery.Engine.Journeys.Policy;

namespace CartRecovery.Tests.Journeys.Policy;

/// <summary>Compares daily hours across clock changes with a reference that steps minute by minute.</summary>
public sealed class DailyHoursTests
{
    const long Minute = 60_000, Hour = 60 * Minute, Day = 24 * Hour;

    // Nights with a clock change somewhere, and one without.
    static readonly (string Zone, string Night)[] s_nights =
    [
        ("Europe/Amsterdam", "2026-03-29"), ("Europe/Amsterdam", "2026-10-25"), ("America/New_York", "2026-03-08"), ("America/New_York", "2026-11-01"),
        ("Australia/Lord_Howe", "2026-04-05"), ("Australia/Lord_Howe", "2026-10-04"), ("Asia/Kolkata", "2026-03-29"), ("Etc/UTC", "2026-10-25"),
    ];

    static readonly (string From, string To)[] s_spans =
        [("21:00", "08:00"), ("22:30", "02:30"), ("01:30", "02:15"), ("02:30", "09:00"), ("00:00", "06:00"), ("12:00", "14:00"), ("23:59", "00:01")];

    [Test]
    public void Quiet_hours_end_by_the_local_clock(
        [ValueSource(nameof(s_nights))] (string Zone, string Night) night, [ValueSource(nameof(s_spans))] (string From, string To) span)
    {
        var zone = TimeZoneInfo.FindSystemTimeZoneById(night.Zone);
        var quiet = new QuietHours(TimeOnly.Parse(span.From), TimeOnly.Parse(span.To));
        foreach (var at in AroundMinutes(night.Night))
        {
            var free = quiet.FreeFrom(at, zone);
            Assert.That(IsQuiet(quiet, free, zone), Is.False, $"{Local(free, zone)} is quiet, for {Local(at, zone)}");
            var first = at;
            while (IsQuiet(quiet, first, zone))
            {
                first += Minute;
            }

            // A clock change may cost about an hour, or the time to the end of hours the clock jumped back out of.
            if (zone.GetUtcOffset(DateTimeOffset.FromUnixTimeMilliseconds(at - Day)) == zone.GetUtcOffset(DateTimeOffset.FromUnixTimeMilliseconds(free + Hour)))
            {
                Assert.That(free, Is.EqualTo(first), $"{Local(free, zone)} is not the earliest, for {Local(at, zone)}");
            }
            else
            {
                Assert.That(free, Is.InRange(first, first + (12 * Hour)));
            }
        }
    }

    [Test]
    public void A_moment_within_a_minute_is_as_quiet_as_its_minute()
    {
        var zone = TimeZoneInfo.FindSystemTimeZoneById("Europe/Amsterdam");
        var quiet = new QuietHours(new TimeOnly(21, 0), new TimeOnly(8, 0));
        var evening = At("2026-06-01T19:00:00Z");
        Assert.That(quiet.FreeFrom(evening - 1, zone), Is.EqualTo(evening - 1));
        Assert.That(quiet.FreeFrom(evening, zone), Is.EqualTo(At("2026-06-02T06:00:00Z")));
        Assert.That(quiet.FreeFrom(At("2026-06-02T05:59:59.999Z"), zone), Is.EqualTo(At("2026-06-02T06:00:00Z")));
    }

    [Test]
    public void Business_hours_begin_by_the_local_clock(
        [ValueSource(nameof(s_nights))] (string Zone, string Night) night, [Values(0, 0b0111110, 0b1000001, 0b0000001)] int days)
    {
        var zone = TimeZoneInfo.FindSystemTimeZoneById(night.Zone);
        var hours = new BusinessHours(days, new TimeOnly(9, 0), new TimeOnly(17, 30));
        var minutes = AroundMinutes(night.Night);
        foreach (var at in minutes.Where((_, i) => i % 7 == 0))
        {
            var first = at;
            while (!IsOpen(hours, first, zone))
            {
                first += Minute;
            }

            Assert.That(hours.OpenFrom(at, zone), Is.EqualTo(first), $"for {Local(at, zone)}");
        }
    }

    [Test]
    public void A_time_of_day_occurs_once_a_day_across_clock_changes(
        [ValueSource(nameof(s_nights))] (string Zone, string Night) night, [Values("00:00", "01:45", "02:15", "02:30", "10:00", "23:30")] string time,
        [Values(0, 0b0000001, 0b0100010)] int days)
    {
        var zone = TimeZoneInfo.FindSystemTimeZoneById(night.Zone);
        var daily = new DailyTime(TimeOnly.Parse(time), days);
        foreach (var at in AroundMinutes(night.Night).Where((_, i) => i % 11 == 0))
        {
            Assert.That(daily.NextFrom(at, zone), Is.EqualTo(Reference(daily, at, zone)), $"for {Local(at, zone)}");
        }

        // The first minute that shows the time on each day; on a day without it, the first that shows it an hour later.
        static long Reference(DailyTime daily, long from, TimeZoneInfo zone)
        {
            for (var day = DateOnly.FromDateTime(Local(from, zone)); ; day = day.AddDays(1))
            {
                if (daily.Days != 0 && (daily.Days & (1 << (int)day.DayOfWeek)) == 0)
                {
                    continue;
                }

                var found = FirstShowing(day.ToDateTime(daily.Time), zone) ?? FirstShowing(day.ToDateTime(daily.Time).AddHours(1), zone)!.Value;
                if (found >= from)
                {
                    return found;
                }
            }
        }
    }

    [Test]
    public void After_a_repeated_time_passed_its_second_occurrence_is_next()
    {
        var zone = TimeZoneInfo.FindSystemTimeZoneById("Europe/Amsterdam");
        var twice = new DateTime(2026, 10, 25, 2, 30, 0);
        var (first, second) = (At("2026-10-25T00:30:00Z"), At("2026-10-25T01:30:00Z"));
        Assert.That(LocalTime.ToUtc(twice, zone), Is.EqualTo(first));
        Assert.That(LocalTime.ToUtcAfter(first - 1, twice, zone), Is.EqualTo(first));
        Assert.That(LocalTime.ToUtcAfter(first, twice, zone), Is.EqualTo(second));
        Assert.That(LocalTime.ToUtc(new DateTime(2026, 3, 29, 2, 30, 0), zone), Is.EqualTo(At("2026-03-29T01:30:00Z")));
    }

    static bool IsQuiet(QuietHours quiet, long at, TimeZoneInfo zone)
    {
        var (time, from, to) = (Local(at, zone).TimeOfDay, quiet.From.ToTimeSpan(), quiet.To.ToTimeSpan());
        return from < to ? time >= from && time < to : time >= from || time < to;
    }

    static bool IsOpen(BusinessHours hours, long at, TimeZoneInfo zone)
    {
        var local = Local(at, zone);
        return (hours.Days == 0 || (hours.Days >> (int)local.DayOfWeek & 1) == 1)
            && local.TimeOfDay >= hours.From.ToTimeSpan() && local.TimeOfDay < hours.To.ToTimeSpan();
    }

    static long? FirstShowing(DateTime local, TimeZoneInfo zone)
    {
        var around = new DateTimeOffset(local, TimeSpan.Zero).ToUnixTimeMilliseconds();
        for (var at = around - (15 * Hour); at < around + (15 * Hour); at += Minute)
        {
            if (Local(at, zone) == local)
            {
                return at;
            }
        }

        return null;
    }

    static long[] AroundMinutes(string night) =>
        [.. Enumerable.Range(-30 * 60, 60 * 60).Where(m => m % 3 == 0).Select(m => At(night + "T00:00:00Z") + (m * Minute))];

    static DateTime Local(long at, TimeZoneInfo zone) => TimeZoneInfo.ConvertTime(DateTimeOffset.FromUnixTimeMilliseconds(at), zone).DateTime;

    static long At(string text) => DateTimeOffset.Parse(text).ToUnixTimeMilliseconds();
}
