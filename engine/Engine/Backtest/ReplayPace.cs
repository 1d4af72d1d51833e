namespace CartRecovery.Engine.Backtest;

/// <summary>Throttles a replay to a share of one core, beside a running engine. Not thread-safe.</summary>
/// <param name="share">The share of time to work; above 0, at most 1.</param>
/// <param name="time">The clock.</param>
public sealed class ReplayPace(double share, TimeProvider time)
{
    static readonly TimeSpan s_slice = TimeSpan.FromMilliseconds(10);

    // A longer slice was preempted: the time is not the replay's own.
    static readonly TimeSpan s_longest = TimeSpan.FromMilliseconds(100);

    long _since = time.GetTimestamp();

    /// <summary>Sleeps if the current slice of work is over.</summary>
    /// <param name="cancellation">Cancels the sleep.</param>
    public void Rest(CancellationToken cancellation)
    {
        var worked = time.GetElapsedTime(_since);
        if (worked < s_slice)
        {
            return;
        }

        cancellation.WaitHandle.WaitOne((worked < s_longest ? worked : s_longest) * ((1 / share) - 1));
        _since = time.GetTimestamp();
    }
}
