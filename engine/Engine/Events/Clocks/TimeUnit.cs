using System.Globalization;

namespace CartRecovery.Engine.Events.Clocks;

/// <summary>Recognises times that are plainly not in milliseconds since 1970.</summary>
static class TimeUnit
{
    // In milliseconds since 1970.
    const double Since1601 = -11_644_473_600_000, Since2001 = 978_307_200_000, SinceYear1 = -62_135_596_800_000;

    // In order of their numbers, which do not overlap: what the neighbours would make of them is no time of an event. Ranges in years.
    static readonly (double From, double To, Unit Unit)[] s_units =
    [
        (6e8, 1e9, new("seconds since 2001", 0.001, Since2001)), // 2020–2032; of seconds since 1970, 1989–2001.
        (1e9, 1e11, new("seconds", 0.001, 0)), // 2001–5138; as milliseconds, January 1970 to 1973.
        (1e14, 1.26e16, new("microseconds", 1000, 0)), // 1973–2369
        (1.26e16, 1.577e16, new("microseconds since 1601", 1000, Since1601)), // 2000–2100
        (1.577e16, 4.1e16, new("units of 100 nanoseconds", 10_000, 0)), // 2019–2099
        (4.1e16, 1.26e17, new("microseconds", 1000, 0)),
        (1.26e17, 1.6e17, new("units of 100 nanoseconds since 1601 (a Windows file time)", 10_000, Since1601)), // 2000–2108
        (1.6e17, 6e17, new("nanoseconds", 1_000_000, 0)), // 1975–1989
        (6e17, 6.6e17, new("units of 100 nanoseconds since year 1 (.NET ticks)", 10_000, SinceYear1)), // 1902–2092; as nanoseconds, 1989–1990.
        (6.6e17, 5e18, new("nanoseconds", 1_000_000, 0)), // 1990–2128; what fills 64 bits is no time at all.
    ];

    /// <summary>A unit of time.</summary>
    /// <param name="Name">Its name, in a message to a developer.</param>
    /// <param name="PerMillisecond">How many of it a millisecond has.</param>
    /// <param name="Epoch">Its zero, in milliseconds since 1970 UTC.</param>
    public sealed record Unit(string Name, double PerMillisecond, double Epoch)
    {
        /// <summary>Converts a number of it to milliseconds since 1970 UTC, rounded down.</summary>
        public long ToMilliseconds(decimal time) => (long)(decimal.Floor(time / (decimal)PerMillisecond) + (decimal)Epoch);
    }

    /// <summary>Returns what is wrong with a number that is plainly in another unit; null if it may be milliseconds.</summary>
    public static string? Describe(double time) => Guess(time) is { } unit
        ? string.Create(CultureInfo.InvariantCulture, $"'ts' looks like {unit.Name}, not milliseconds since 1970; send {unit.ToMilliseconds((decimal)time)}") : null;

    /// <summary>Returns the unit that a number is plainly in; null if it may be milliseconds since 1970.</summary>
    public static Unit? Guess(double time)
    {
        foreach (var (from, to, unit) in s_units)
        {
            if (time >= from && time < to)
            {
                return unit;
            }
        }

        return null;
    }
}
