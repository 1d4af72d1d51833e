using System.Diagnostics;
using CartRecovery.Engine.Learning.Datasets;

namespace CartRecovery.Host.Demo;

/// <summary>
/// The demo's clock: the log's night, moved so that it ends now. The replay moves it ahead of each event, because idle time counts on the
/// engine's clock; in between and afterwards it runs at its usual pace. Timestamps and timers are the system's.
/// </summary>
sealed class DemoTime : TimeProvider
{
    readonly Lock _gate = new();
    long _at;
    long _since = Stopwatch.GetTimestamp();

    /// <param name="log">The events in the order of their times; at least one.</param>
    public DemoTime(List<ShopEvent> log)
    {
        Shift = System.GetUtcNow().ToUnixTimeMilliseconds() - log[^1].At;
        _at = log[0].At + Shift;
    }

    /// <summary>What is added to a log's time (ms).</summary>
    public long Shift { get; }

    /// <summary>Advances the clock to a time; never sets it back.</summary>
    /// <param name="at">Milliseconds since 1970 UTC.</param>
    public void MoveTo(long at)
    {
        lock (_gate)
        {
            if (at > Now)
            {
                (_at, _since) = (at, Stopwatch.GetTimestamp());
            }
        }
    }

    /// <inheritdoc/>
    public override DateTimeOffset GetUtcNow()
    {
        lock (_gate)
        {
            return DateTimeOffset.FromUnixTimeMilliseconds(Now);
        }
    }

    long Now => _at + (long)Stopwatch.GetElapsedTime(_since).TotalMilliseconds;
}
