using System.Diagnostics;

namespace CartRecovery.Engine.Journal.Erasure;

/// <summary>
/// Leaves the disk and the processor's caches to the engine: after some milliseconds of work the erasure's thread waits as long.
/// </summary>
/// <param name="cancel">Ends the work.</param>
public sealed class ErasurePace(CancellationToken cancel)
{
    static readonly TimeSpan s_work = TimeSpan.FromMilliseconds(4);

    long _since = Stopwatch.GetTimestamp();

    /// <summary>Pauses if it is time to. Call every few hundred microseconds of work.</summary>
    /// <exception cref="OperationCanceledException">The work was cancelled.</exception>
    public void Rest()
    {
        cancel.ThrowIfCancellationRequested();
        var worked = Stopwatch.GetElapsedTime(_since);
        if (worked >= s_work)
        {
            cancel.WaitHandle.WaitOne(worked > TimeSpan.FromSeconds(1) ? TimeSpan.FromSeconds(1) : worked);
            _since = Stopwatch.GetTimestamp();
        }
    }
}
