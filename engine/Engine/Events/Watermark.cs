namespace CartRecovery.Engine.Events;

/// <summary>
/// The highest event time that the process has taken in: milliseconds since 1970 UTC, never past the moment an event was received. All
/// partitions' clocks follow it, so that when a timer fires does not depend on which carts share a partition. Any thread may use it.
/// </summary>
public sealed class Watermark
{
    long _now;

    /// <summary>How far it has come; 0 before the first event.</summary>
    public long Now => Volatile.Read(ref _now);

    /// <summary>Moves it on to <paramref name="time"/>, unless it is there already.</summary>
    public void Raise(long time)
    {
        for (var now = Now; now < time;)
        {
            var seen = Interlocked.CompareExchange(ref _now, time, now);
            if (seen == now)
            {
                return;
            }

            now = seen;
        }
    }
}
