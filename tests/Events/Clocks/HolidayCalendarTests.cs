using CartRecovery.Engine.Events.Clocks;

namespace CartRecovery.Tests.Events.Clocks;

[Parallelizable]
public sealed class HolidayCalendarTests
{
    [TestCase("NL", "2026-04-27", true)]
    [TestCase("NL", "2026-04-28", false)]
    [TestCase("DE", "2026-10-03", true)]
    [TestCase("DE", "2026-04-03", true)]
    [TestCase("DE", "2026-01-06", false)] // In three states.
    [TestCase("US", "2026-07-03", true)] // The 4th is a Saturday.
    [TestCase("US", "2021-12-31", true)] // New Year's Day of 2022 is a Saturday.
    [TestCase("GB", "2026-12-28", true)] // Boxing Day is a Saturday.
    [TestCase("FR", "2026-07-14", true)]
    [TestCase("JP", "2026-05-05", true)]
    public void The_holidays_of_the_whole_country_are_known(string country, string day, bool isHoliday)
    {
        var midnight = new DateTimeOffset(DateOnly.Parse(day, System.Globalization.CultureInfo.InvariantCulture), default, default).ToUnixTimeMilliseconds();
        Assert.That(HolidayCalendar.Of(country)!.Contains(midnight), Is.EqualTo(isHoliday));
        Assert.That(HolidayCalendar.Of(country)!.Contains(midnight + 86_399_999), Is.EqualTo(isHoliday), "the whole day");
    }

    [Test]
    public void Each_country_has_some_days_of_each_year()
    {
        foreach (var country in HolidayCalendar.Countries)
        {
            for (var year = 1985; year <= 2105; year++)
            {
                var first = new DateTimeOffset(year, 1, 1, 0, 0, 0, default).ToUnixTimeMilliseconds();
                var days = Enumerable.Range(0, 365).Count(day => HolidayCalendar.Of(country)!.Contains(first + (day * 86_400_000L)));
                Assert.That(days, year is >= 1990 and <= 2070 ? Is.InRange(4, 30) : Is.Zero, $"{country} {year}");
            }
        }
    }

    [TestCase(null)]
    [TestCase("AQ")]
    [TestCase("nl")]
    public void Another_country_has_no_calendar(string? country) => Assert.That(HolidayCalendar.Of(country), Is.Null);
}
