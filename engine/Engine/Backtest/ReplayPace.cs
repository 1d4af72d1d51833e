namespace CartRecovery.Engine.Backtest;

/// <summary>Keeps a replay to a share of one core, so that an engine beside it keeps the others. One thread.</summary>
/// <param name="share">The share of the time in which it works, above 0 and up to 1.</param>
/// <param name="time">The clock.</param>
public sealed class ReplayPace(double share, TimeProvider time)
{
    static readonly TimeSpan s_slice = TimeSpan.FromMilliseconds(10);

    // A slice that took longer was interrupted: the machine worked on something else.
    static readonly TimeSpan s_longest = TimeSpan.FromMilliseconds(100);

    long _since = time.GetTimestamp();

    /// <summary>Rests if the last slice of work is over.</summary>
    /// <param name="cancellation">Ends the rest.</param>
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
