using System.Diagnostics;
using System.Globalization;

namespace CartRecovery.StagesNative;

/// <summary>Times a stage: after a warm-up, the median of several rounds with a fixed number of calls.</summary>
/// <param name="rounds">The number of rounds, at least 1.</param>
/// <param name="round">The approximate duration of a round.</param>
sealed class StageTimer(int rounds, TimeSpan round)
{
    // Long enough for tiered JIT to instrument and recompile in the background.
    static readonly TimeSpan s_warmUp = TimeSpan.FromSeconds(1);
    const int WarmUpCalls = 100;

    /// <summary>Writes a tab-separated line: the stage's name, nanoseconds per event as median, fastest and slowest round.</summary>
    /// <param name="name">The stage, as in BenchmarkDotNet: class, method, and the parameter's value.</param>
    /// <param name="events">Events per call.</param>
    /// <param name="call">The stage.</param>
    public void Time<T>(string name, int events, Func<T> call)
    {
        var (calls, called) = (1, 0L);
        for (var warm = Stopwatch.StartNew(); warm.Elapsed < s_warmUp || called < WarmUpCalls;)
        {
            var took = Round(calls, call);
            called += calls;
            calls = (int)Math.Clamp(calls * (round / took), 1, 1e9);
        }

        var times = Enumerable.Range(0, rounds).Select(_ => Round(calls, call).TotalNanoseconds / ((double)calls * events)).Order().ToArray();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name}\t{times[rounds / 2]:F2}\t{times[0]:F2}\t{times[^1]:F2}"));
    }

    static TimeSpan Round<T>(int calls, Func<T> call)
    {
        var watch = Stopwatch.StartNew();
        for (var i = 0; i < calls; i++)
        {
            call();
        }

        return watch.Elapsed;
    }
}
