using System.Diagnostics;

namespace CartRecovery.Bench.Load;

/// <summary>A monotonic clock in nanoseconds.</summary>
static class Clock
{
    static readonly double s_nanosecondsPerTick = 1e9 / Stopwatch.Frequency;

    public const long Second = 1_000_000_000;
    public const long Millisecond = 1_000_000;

    public static long Now() => (long)(Stopwatch.GetTimestamp() * s_nanosecondsPerTick);
}
