namespace CartRecovery.Tests.Support;

/// <summary>Waits for a condition and fails after a deadline.</summary>
static class Eventually
{
    /// <summary>The deadline of every wait; generous, because only a failing test reaches it.</summary>
    public static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    // A busy machine stretches a poll. What it takes beyond this does not count, up to the limit.
    static readonly TimeSpan s_poll = TimeSpan.FromMilliseconds(10), s_maxStarved = TimeSpan.FromMinutes(4);

    public static Task Is(Func<bool> condition, string what) => Is(condition, () => what);

    /// <param name="condition">The condition to wait for.</param>
    /// <param name="what">A description of the condition for the failure message.</param>
    /// <param name="progress">A figure that restarts the deadline whenever it changes: a slow disk is not a failure, a stall is.</param>
    public static Task Is(Func<bool> condition, Func<string> what, Func<long>? progress = null) => IsAsync(() => new ValueTask<bool>(condition()), what, progress);

    /// <inheritdoc cref="Is(Func{bool}, Func{string}, Func{long})"/>
    public static Task Is(Func<Task<bool>> condition, string what) => IsAsync(() => new ValueTask<bool>(condition()), () => what, progress: null);

    static async Task IsAsync(Func<ValueTask<bool>> condition, Func<string> what, Func<long>? progress)
    {
        var started = TimeProvider.System.GetTimestamp();
        var starved = TimeSpan.Zero;
        var reached = progress?.Invoke();
        while (!await condition())
        {
            if (progress?.Invoke() is { } now && now != reached)
            {
                reached = now;
                started = TimeProvider.System.GetTimestamp();
                starved = TimeSpan.Zero;
            }

            if (TimeProvider.System.GetElapsedTime(started) - (starved < s_maxStarved ? starved : s_maxStarved) > Deadline)
            {
                Assert.Fail($"Not within {Deadline.TotalSeconds} s{(starved > TimeSpan.Zero ? $", and {Math.Min(starved.TotalSeconds, s_maxStarved.TotalSeconds):F0} s of a busy machine" : "")}: {what()}");
            }

            var polled = TimeProvider.System.GetTimestamp();
            await Task.Delay(2);
            if (TimeProvider.System.GetElapsedTime(polled) is var took && took > s_poll)
            {
                starved += took - s_poll;
            }
        }
    }
}
