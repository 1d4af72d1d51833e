namespace CartRecovery.Engine.Backtest;

/// <summary>Throttles a replay to a share of one core, beside a running engine. Not thread-safe.</summary>
/// <param name="share">The share of time to work; above 0, at most 1.</param>
/// <param name="time">The clock.</param>
public sealed class ReplayPace(double share, TimeProvider time)
{
    static readonly TimeSpan s_slice = TimeSpan.FromMilliseconds(10);

    // A slice takes less, unless the machine was suspended in it.
    static readonly TimeSpan s_longest = TimeSpan.FromSeconds(10);

    long _since = time.GetTimestamp();

    /// <summary>Sleeps if the current slice of work is over.</summary>
    /// <param name="cancellation">Cancels the sleep.</param>
    public void Rest(CancellationToken cancellation)
    {
        if (RestAfter(time.GetElapsedTime(_since)) is not { Ticks: > 0 } rest)
        {
            return;
        }

        cancellation.WaitHandle.WaitOne(rest);
        _since = time.GetTimestamp();
    }

    /// <summary>Returns how long to rest after a slice of work, in proportion to it; zero while the slice is shorter than 10 ms.</summary>
    internal TimeSpan RestAfter(TimeSpan worked) => worked < s_slice ? TimeSpan.Zero : (worked < s_longest ? worked : s_longest) * ((1 / share) - 1);
}
