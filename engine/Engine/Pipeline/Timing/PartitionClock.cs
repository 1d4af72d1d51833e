using CartRecovery.Engine.Events.Clocks;

namespace CartRecovery.Engine.Pipeline.Timing;

/// <summary>
/// Reads the time for a partition's timers. They wait for a clock that leapt ahead, and stand still for one that was set back, until it
/// has stayed there for a while. The worker only.
/// </summary>
/// <param name="timers">The partition's timers.</param>
/// <param name="monitor">Detects jumps of the clock.</param>
/// <param name="watermark">Event time over all sources.</param>
/// <param name="time">The clock.</param>
sealed class PartitionClock(CartTimers timers, ClockMonitor monitor, Watermark watermark, TimeProvider time)
{
    // How long a clock that jumped must stay there before the timers follow it.
    static readonly TimeSpan s_trust = TimeSpan.FromSeconds(30);

    long _leaps;
    long? _behindSince;

    /// <summary>Starts the clock: after a long stop, or under a wrong clock, timers that seem overdue wait.</summary>
    public void Begin()
    {
        var (wall, last) = (monitor.Read(), timers.Now);
        _leaps = monitor.Leaps;
        monitor.CompareWithLast(last);
        if (last != 0 && wall - last > CartTimers.Leap)
        {
            RequestHold(wall);
        }
    }

    /// <summary>Returns the time for the timers (ms since 1970 UTC), and requests the ticks that a jump of the clock requires.</summary>
    public long Read()
    {
        var wall = monitor.Read();
        if (_leaps != monitor.Leaps)
        {
            _leaps = monitor.Leaps;
            RequestHold(wall);
        }

        if (wall >= timers.Now - CartTimers.Leap)
        {
            _behindSince = null;
            return Math.Max(timers.Now, watermark.EstimateAt(wall));
        }

        _behindSince ??= time.GetTimestamp();
        if (time.GetElapsedTime(_behindSince.Value) >= s_trust)
        {
            _behindSince = null;
            timers.RequestSetBack(wall);
        }

        return timers.Now;
    }

    /// <summary>
    /// Returns whether the clock jumped before events were received, so that a tick must come first: one that holds the timers, ends a hold
    /// or sets the clock back.
    /// </summary>
    /// <param name="receivedAt">When the events were received (ms since 1970 UTC).</param>
    /// <param name="now">The time for the tick.</param>
    public bool IsTickUrgent(long receivedAt, out long now)
    {
        now = 0;
        if (Math.Abs(receivedAt - timers.Now) <= CartTimers.Leap && !timers.IsTickUrgent(receivedAt))
        {
            return false;
        }

        now = Read();
        return timers.IsTickUrgent(now);
    }

    void RequestHold(long wall) => timers.RequestHold(wall + (long)s_trust.TotalMilliseconds);
}
