namespace CartRecovery.Engine.Events;

/// <summary>
/// The highest event time ingested by the process, in milliseconds since 1970 UTC; never later than the event's arrival. All partitions'
/// clocks follow it, so a timer's firing does not depend on which carts share a partition. Any thread may use it.
/// </summary>
public sealed class Watermark
{
    /// <summary>How long no event must arrive before the wall clock takes over, in milliseconds.</summary>
    public const long Idleness = 1000;

    long _now;
    long _receivedAt;

    /// <summary>The watermark; 0 before the first event.</summary>
    public long Now => Volatile.Read(ref _now);

    /// <summary>Advances it to <paramref name="time"/> unless it is already later.</summary>
    /// <param name="time">An event's time, in milliseconds since 1970 UTC.</param>
    /// <param name="receivedAt">When events were received, in milliseconds since 1970 UTC.</param>
    public void Raise(long time, long receivedAt)
    {
        Raise(ref _now, time);
        Raise(ref _receivedAt, receivedAt);
    }

    /// <summary>
    /// Estimates the shop's current time: the watermark plus, if no event has arrived for a while, the time since. Without this the last
    /// shopper's cart would never go idle; events may also be from another day than the wall clock.
    /// </summary>
    /// <param name="wall">The wall clock, in milliseconds since 1970 UTC.</param>
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
