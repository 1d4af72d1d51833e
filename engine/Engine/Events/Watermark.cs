namespace CartRecovery.Engine.Events;

/// <summary>
/// The highest event time that the process has taken in: milliseconds since 1970 UTC, never past the moment an event was received. All
/// partitions' clocks follow it, so that when a timer fires does not depend on which carts share a partition. Any thread may use it.
/// </summary>
public sealed class Watermark
{
    /// <summary>How long nothing must come in before the wall clock takes over, in milliseconds.</summary>
    public const long Idleness = 1000;

    long _now;
    long _receivedAt;

    /// <summary>How far it has come; 0 before the first event.</summary>
    public long Now => Volatile.Read(ref _now);

    /// <summary>Moves it on to <paramref name="time"/>, unless it is there already.</summary>
    /// <param name="time">An event's time: milliseconds since 1970 UTC.</param>
    /// <param name="receivedAt">When events were received, likewise.</param>
    public void Raise(long time, long receivedAt)
    {
        Raise(ref _now, time);
        Raise(ref _receivedAt, receivedAt);
    }

    /// <summary>
    /// What time it must be for the shop by now: the watermark, and, when nothing has come in for a while, the time since. So the last shopper's
    /// cart goes idle too, at the shop's pace, also when the events are of another day than the wall clock.
    /// </summary>
    /// <param name="wall">The wall clock: milliseconds since 1970 UTC.</param>
    public long EstimateAt(long wall)
    {
        var now = Now;
        var quiet = wall - Volatile.Read(ref _receivedAt);
        return now == 0 || quiet < Idleness ? now : Math.Max(now, Math.Min(wall, now + quiet));
    }

    static void Raise(ref long target, long value)
    {
        for (var now = Volatile.Read(ref target); now < value;)
        {
            var seen = Interlocked.CompareExchange(ref target, value, now);
            if (seen == now)
            {
                return;
            }

            now = seen;
        }
    }
}
