using System.Globalization;
using CartRecovery.Engine.Events.Clocks;
using CartRecovery.Engine.State;
using FsCheck.Fluent;

namespace CartRecovery.Tests.State;

public sealed class StoreClockTests
{
    // Half and quarter hours, clock changes in both hemispheres, and a half-hour change (Lord Howe).
    static readonly TimeZoneInfo[] s_zones =
    [
        .. new[] { "UTC", "Europe/Amsterdam", "America/St_Johns", "Asia/Kathmandu", "Australia/Lord_Howe", "America/Los_Angeles", "Pacific/Apia" }
            .Select(TimeZoneInfo.FindSystemTimeZoneById),
    ];

    [FsCheck.NUnit.Property(MaxTest = 500)]
    public FsCheck.Property Offsets_match_the_time_zone_whatever_was_asked_before() =>
        Prop.ForAll(Gen.Choose(0, int.MaxValue).ToArbitrary(), seed =>
        {
            var random = new Random(seed);
            var zone = s_zones[random.Next(s_zones.Length)];
            var clock = new StoreClock(zone);
            var at = random.NextInt64(1_600_000_000_000, 1_800_000_000_000);
            for (var i = 0; i < 50; i++)
            {
                at += random.Next(3) == 0 ? random.NextInt64(-10_000_000_000, 10_000_000_000) : random.Next(-1_000_000, 1_000_000);
                var local = TimeZoneInfo.ConvertTime(DateTimeOffset.FromUnixTimeMilliseconds(at), zone).DateTime;
                Assert.That(clock.At(at), Is.EqualTo(new FeatureMoment(at, (local.Ticks - DateTime.UnixEpoch.Ticks) / TimeSpan.TicksPerMillisecond)));
            }

            return true;
        });

    [TestCase("2026-04-26T21:59:59Z", "NL", false)]
    [TestCase("2026-04-26T22:00:00Z", "NL", true)]
    [TestCase("2026-04-27T21:59:59Z", "NL", true)]
    [TestCase("2026-04-27T22:00:00Z", "NL", false)]
    [TestCase("2026-04-26T22:00:00Z", "DE", false)]
    [TestCase("2026-04-26T22:00:00Z", null, false)]
    public void A_holiday_begins_and_ends_on_the_stores_clock(string at, string? country, bool isHoliday)
    {
        var clock = new StoreClock(s_zones[1]) { Holidays = HolidayCalendar.Of(country) };
        clock.At(DateTimeOffset.Parse(at, CultureInfo.InvariantCulture).AddHours(-1).ToUnixTimeMilliseconds());

        var moment = clock.At(DateTimeOffset.Parse(at, CultureInfo.InvariantCulture).ToUnixTimeMilliseconds());
        Assert.That(moment.IsHoliday, Is.EqualTo(isHoliday));
        Assert.That(FeatureTable.Get("is_holiday").Compute(default, moment), Is.EqualTo(isHoliday ? 1 : 0));
    }

    [Test]
    [Category("Allocation")]
    public void Lookups_within_a_quarter_of_an_hour_allocate_nothing()
    {
        var clock = new StoreClock(s_zones[1]) { Holidays = HolidayCalendar.Of("NL") };
        const long At = 1_732_095_000_000;
        clock.At(At);

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++)
        {
            clock.At(At + i * 500);
        }

        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.Zero);
    }
}
