using System.Globalization;

namespace CartRecovery.Engine.Events;

/// <summary>Recognises times that are plainly not in milliseconds.</summary>
static class TimeUnit
{
    // As seconds, 2001 to 5138; as milliseconds, 12 January 1970 to 1973, before any shop sent events. The others likewise;
    // what fills 64 bits is no time at all.
    const double MinSeconds = 1e9, MaxSeconds = 1e11, MinMicroseconds = 1e14, MinNanoseconds = 1e17, MaxNanoseconds = 5e18;

    /// <summary>Returns what is wrong with a number that is plainly in another unit; null if it may be milliseconds.</summary>
    public static string? Describe(double time) => Guess(time) is var (unit, perMillisecond)
        ? string.Create(CultureInfo.InvariantCulture, $"'ts' looks like {unit}, not milliseconds since 1970; send {Math.Floor(time / perMillisecond):0}") : null;

    /// <summary>Returns the unit that a number is plainly in, and how many of it a millisecond has; null if it may be milliseconds.</summary>
    public static (string Name, double PerMillisecond)? Guess(double time) => time switch
    {
        >= MinSeconds and < MaxSeconds => ("seconds", 0.001),
        >= MinMicroseconds and < MinNanoseconds => ("microseconds", 1000),
        >= MinNanoseconds and < MaxNanoseconds => ("nanoseconds", 1_000_000),
        _ => null,
    };
}
