using System.Globalization;

namespace CartRecovery.Engine.Events.Clocks;

/// <summary>Recognises times that are plainly not in milliseconds since 1970.</summary>
static class TimeUnit
{
    // In milliseconds since 1970.
    const double Since1601 = -11_644_473_600_000, Since2001 = 978_307_200_000, SinceYear1 = -62_135_596_800_000;

    const double Year = 365.25 * 24 * 3_600_000;

    // In order of their numbers, which do not overlap: what the neighbours would make of them is no time of an event. Ranges in years.
    static readonly (double From, double To, Unit Unit)[] s_units =
    [
        (6e8, 1e9, Of("seconds since 2001", 0.001, Since2001)), // 2020–2032; of seconds since 1970, 1989–2001.
        (1e9, 1e10, Of("seconds", 0.001)), // 2001–2286; as milliseconds, January to April 1970.
        (1e10, 1e11, Of("tenths of a second", 0.01)), // 1986–2286; as milliseconds, 1970–1973.
        (1e11, 3.15e11, Of("hundredths of a second", 0.1)), // 1973–2069; as milliseconds, before 1980, where some clocks begin.
        (1e13, 1e14, Of("units of 100 microseconds", 10)), // 2001–2286; as milliseconds, 2286–5138.
        (1e14, 1.26e16, Of("microseconds", 1000)), // 1973–2369
        (1.26e16, 1.577e16, Of("microseconds since 1601", 1000, Since1601)), // 2000–2100
        (1.577e16, 4.1e16, Of("units of 100 nanoseconds", 10_000)), // 2019–2099
        (4.1e16, 1.26e17, Of("microseconds", 1000)),
        (1.26e17, 1.6e17, Of("units of 100 nanoseconds since 1601 (a Windows file time)", 10_000, Since1601)), // 2000–2108
        (1.6e17, 6e17, Of("nanoseconds", 1_000_000)), // 1975–1989
        // 1902–2092; as nanoseconds, 1989–1990.
        (6e17, 6.6e17, Of("units of 100 nanoseconds since year 1 (.NET ticks)", 10_000, SinceYear1)),
        (6.6e17, 5e18, Of("nanoseconds", 1_000_000)), // 1990–2128; what fills 64 bits is no time at all.
    ];

    // As milliseconds since 1970 it is a time within living memory, so only the receipt tells them apart.
    static readonly Unit s_apple = Of("milliseconds since 2001", 1, Since2001);

    // A date and time whose digits stand in a row, from 2000 to 2099. What else such numbers could be would be of 2033 to 2037.
    static readonly string[] s_digits = ["yyyyMMdd", "yyyyMMddHHmm", "yyyyMMddHHmmss", "yyyyMMddHHmmssfff"];

    static readonly Unit[] s_dates = [.. s_digits.Select(form => new Unit($"the digits of a date ({form})",
        time => DateOf((double)time, form) ?? 0))];

    /// <summary>A unit of time.</summary>
    /// <param name="Name">Its name, in a message to a developer.</param>
    /// <param name="ToMilliseconds">Converts a number of it to milliseconds since 1970 UTC, rounded down.</param>
    public sealed record Unit(string Name, Func<decimal, long> ToMilliseconds);

    /// <summary>Returns what is wrong with a number that is plainly in another unit; null if it may be milliseconds.</summary>
    /// <param name="time">The number.</param>
    /// <param name="now">The time about which it may be, in milliseconds since 1970 UTC; 0 if unknown.</param>
    public static string? Describe(double time, long now) => Guess(time, now) is { } unit
        ? string.Create(CultureInfo.InvariantCulture,
            $"looks like {unit.Name}, not milliseconds since 1970; send {unit.ToMilliseconds((decimal)time)}") : null;

    /// <summary>Returns the unit that a number is plainly in; null if it may be milliseconds since 1970.</summary>
    /// <param name="time">The number.</param>
    /// <param name="now">The time about which it may be, in milliseconds since 1970 UTC; 0 if unknown.</param>
    public static Unit? Guess(double time, long now)
    {
        for (var i = 0; i < s_digits.Length; i++)
        {
            if (DateOf(time, s_digits[i]) is not null)
            {
                return s_dates[i];
            }
        }

        foreach (var (from, to, unit) in s_units)
        {
            if (time >= from && time < to)
            {
                return unit;
            }
        }

        return now > Since2001 && Math.Abs(time + Since2001 - now) < Year ? s_apple : null;
    }

    static Unit Of(string name, double perMillisecond, double epoch = 0) =>
        new(name, time => (long)(decimal.Floor(time / (decimal)perMillisecond) + (decimal)epoch));

    static long? DateOf(double time, string form)
    {
        var least = 2e3 * Math.Pow(10, form.Length - 4);
        return time >= least && time < 1.05 * least && time == Math.Floor(time)
            && DateTimeOffset.TryParseExact(((long)time).ToString(CultureInfo.InvariantCulture), form,
                CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var date)
                ? date.ToUnixTimeMilliseconds() : null;
    }
}
