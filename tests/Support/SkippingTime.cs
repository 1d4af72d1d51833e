using System.Collections.Concurrent;

namespace CartRecovery.Tests.Support;

/// <summary>The system clock, except that timers of certain durations elapse immediately. Records all durations.</summary>
sealed class SkippingTime(params TimeSpan[] skipped) : TimeProvider
{
    readonly ConcurrentQueue<TimeSpan> _timers = [];

    public IReadOnlyCollection<TimeSpan> Timers => _timers;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        _timers.Enqueue(dueTime);
        return System.CreateTimer(callback, state, skipped.Contains(dueTime) ? TimeSpan.FromMilliseconds(1) : dueTime, period);
    }
}
