namespace CartRecovery.Engine;

/// <summary>
/// A partition's event time. It follows the events (never past the moment they were received, so that a client whose clock runs ahead
/// cannot hurry everybody's timers), and when none have come for a while, it moves on with the wall clock: the last shopper's cart goes
/// idle too. A replay therefore sees the same time between the same events, at whatever speed it runs.
/// </summary>
public sealed class EventClock
{
    /// <summary>How long nothing must come in before the wall clock takes over, in milliseconds.</summary>
    public const long Idleness = 1000;

    long _lastWall;
    long _quietSince = long.MinValue;

    /// <summary>The watermark: milliseconds since 1970 UTC, 0 before the first event. It never goes back.</summary>
    public long Now { get; private set; }

    /// <summary>Takes an event's time in.</summary>
    /// <param name="timestamp">When it happened.</param>
    /// <param name="receivedAt">When it was received.</param>
    public void Observe(long timestamp, long receivedAt)
    {
        _quietSince = long.MinValue;
        var time = Math.Min(timestamp, receivedAt);
        if (time > Now)
        {
            Now = time;
        }
    }

    /// <summary>Takes note that nothing is waiting.</summary>
    /// <param name="wall">The wall clock, in milliseconds since 1970 UTC.</param>
    public void Tick(long wall)
    {
        if (Now == 0)
        {
            return;
        }

        if (_quietSince == long.MinValue)
        {
            _quietSince = _lastWall = wall;
        }
        else if (wall - _quietSince >= Idleness && wall > _lastWall)
        {
            Now = Math.Max(Now, Math.Min(wall, Now + (wall - _lastWall)));
            _lastWall = wall;
        }
    }
}
