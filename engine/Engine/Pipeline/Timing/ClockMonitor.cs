using System.Globalization;

namespace CartRecovery.Engine.Pipeline.Timing;

/// <summary>Reads the server's clock and detects when it jumps, by comparing it with the monotonic clock. Any thread may use it.</summary>
/// <param name="time">Both clocks.</param>
public sealed class ClockMonitor(TimeProvider time)
{
    // How long a jump is reported: long enough to be seen, and for an operator to relate to it.
    static readonly TimeSpan s_reported = TimeSpan.FromHours(1);

    // Reads of the two clocks that are further apart are repeated, so many times at most.
    const int MaxReads = 5;
    static readonly TimeSpan s_sameMoment = TimeSpan.FromSeconds(1);

    readonly Lock _gate = new();
    long _wall;
    long _ticks;
    long _jumpedTicks;
    long _jumpedTo;
    TimeSpan _by;
    bool _hasReportedStart;

    /// <summary>Whether jumps are expected, because the clock is a simulation's. Set before the start.</summary>
    public bool IsSimulated { get; set; }

    /// <summary>Number of jumps by more than a minute, in either direction.</summary>
    public long Jumps { get; private set; }

    /// <summary>Number of jumps ahead.</summary>
    public long Leaps { get; private set; }

    /// <summary>What happened to the clock within the last hour; null if nothing.</summary>
    public string? Problem
    {
        get
        {
            lock (_gate)
            {
                return Jumps == 0 || time.GetElapsedTime(_jumpedTicks) > s_reported ? null : string.Create(CultureInfo.InvariantCulture,
                    $"the server's clock jumped by {(_by < TimeSpan.Zero ? "-" : "+")}{_by:d\\.hh\\:mm\\:ss} to {DateTimeOffset.FromUnixTimeMilliseconds(_jumpedTo):yyyy-MM-ddTHH:mm:ssZ}; check its synchronisation");
            }
        }
    }

    /// <summary>Reads the clock (ms since 1970 UTC).</summary>
    public long Read()
    {
        lock (_gate)
        {
            var (wall, ticks) = ReadBoth();
            if (_wall != 0 && !IsSimulated)
            {
                Compare(wall, wall - _wall - (long)time.GetElapsedTime(_ticks, ticks).TotalMilliseconds);
            }

            (_wall, _ticks) = (wall, ticks);
            return wall;
        }
    }

    /// <summary>Compares the clock at the start with the last time that the process before it received anything.</summary>
    /// <param name="last">That time (ms since 1970 UTC).</param>
    public void CompareWithLast(long last)
    {
        lock (_gate)
        {
            var wall = time.GetUtcNow().ToUnixTimeMilliseconds();
            if (!_hasReportedStart && !IsSimulated && wall < last - CartTimers.Leap)
            {
                _hasReportedStart = true;
                Compare(wall, wall - last);
            }
        }
    }

    // A process that was stopped between the two reads would take the stop for a jump, so it reads them again.
    (long Wall, long Ticks) ReadBoth()
    {
        for (var attempt = 1; ; attempt++)
        {
            var before = time.GetTimestamp();
            var wall = time.GetUtcNow().ToUnixTimeMilliseconds();
            var ticks = time.GetTimestamp();
            if (attempt == MaxReads || time.GetElapsedTime(before, ticks) < s_sameMoment)
            {
                return (wall, ticks);
            }
        }
    }

    void Compare(long wall, long by)
    {
        if (Math.Abs(by) > CartTimers.Leap)
        {
            Jumps++;
            Leaps += by > 0 ? 1 : 0;
            (_by, _jumpedTo, _jumpedTicks) = (TimeSpan.FromMilliseconds(by), wall, time.GetTimestamp());
        }
    }
}
