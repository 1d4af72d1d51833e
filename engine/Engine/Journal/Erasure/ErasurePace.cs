using System.Diagnostics;

namespace CartRecovery.Engine.Journal.Erasure;

/// <summary>
/// Throttles an erasure to about half of its thread's time: after some milliseconds of work it sleeps as long, and no longer if it had to wait for a
/// processor. Keeps disk and caches free for events.
/// </summary>
/// <param name="cancel">Cancels the work.</param>
public sealed class ErasurePace(CancellationToken cancel)
{
    static readonly TimeSpan s_work = TimeSpan.FromMilliseconds(4), s_maxRest = TimeSpan.FromMilliseconds(20);

    long _since = Stopwatch.GetTimestamp();

    /// <summary>Sleeps if it is time to. Call every few hundred microseconds of work.</summary>
    /// <exception cref="OperationCanceledException">The work was cancelled.</exception>
    public void Rest()
    {
        cancel.ThrowIfCancellationRequested();
        var worked = Stopwatch.GetElapsedTime(_since);
        if (worked >= s_work)
        {
            cancel.WaitHandle.WaitOne(worked > s_maxRest ? s_maxRest : worked);
            _since = Stopwatch.GetTimestamp();
        }
    }
}
