namespace CartRecovery.Engine.Events.Clocks;

/// <summary>
/// The highest event time ingested by the process, in milliseconds since 1970 UTC, never later than the event's arrival; and the latest
/// arrival, which idle partitions' clocks follow. Any thread may use it.
/// </summary>
public sealed class Watermark
{
    /// <summary>How long no event must arrive before the wall clock takes over, in milliseconds.</summary>
    public const long Idleness = 1000;

    // An arrival this much earlier than the latest one means that the clock was set back.
    const long SetBack = 60_000;

    long _now;
    long _receivedAt;

    /// <summary>The watermark; 0 before the first event.</summary>
    public long Now => Volatile.Read(ref _now);

    /// <summary>Restores it after a start: whichever partition's is the latest.</summary>
    /// <param name="time">A partition's clock, in milliseconds since 1970 UTC.</param>
    /// <param name="receivedAt">When it received its latest event; 0 for never.</param>
    public void Restore(long time, long receivedAt)
    {
        Raise(ref _now, time);
        Raise(ref _receivedAt, receivedAt);
    }

    /// <summary>Advances it to <paramref name="time"/> unless it is already later.</summary>
    /// <param name="time">An event's time, in milliseconds since 1970 UTC.</param>
    /// <param name="receivedAt">When events were received, in milliseconds since 1970 UTC.</param>
    public void Raise(long time, long receivedAt)
    {
        Raise(ref _now, time);
        if (receivedAt < Volatile.Read(ref _receivedAt) - SetBack)
        {
            Volatile.Write(ref _receivedAt, receivedAt);
            Volatile.Write(ref _now, Math.Min(Now, receivedAt));
        }

        Raise(ref _receivedAt, receivedAt);
    }

    /// <summary>
    /// Returns the time for an idle partition: the latest arrival, so that it does not overtake events on their way; the wall clock if none
    /// has arrived for a while, or the clock was set back.
    /// </summary>
    /// <param name="wall">The wall clock, in milliseconds since 1970 UTC.</param>
    public long EstimateAt(long wall)
    {
        var last = Volatile.Read(ref _receivedAt);
        var quiet = wall - last;
        return last == 0 || quiet is >= -SetBack and < Idleness ? last : wall;
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
