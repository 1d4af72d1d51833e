namespace CartRecovery.Tests.Support;

/// <summary>Waits for a condition and fails after a deadline.</summary>
static class Eventually
{
    /// <summary>The deadline of every wait; generous, because only a failing test reaches it.</summary>
    public static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    public static Task Is(Func<bool> condition, string what) => Is(condition, () => what);

    /// <param name="condition">The condition to wait for.</param>
    /// <param name="what">A description of the condition for the failure message.</param>
    /// <param name="progress">A figure that restarts the deadline whenever it changes: a slow disk is not a failure, a stall is.</param>
    public static async Task Is(Func<bool> condition, Func<string> what, Func<long>? progress = null)
    {
        var started = TimeProvider.System.GetTimestamp();
        var reached = progress?.Invoke();
        while (!condition())
        {
            if (progress?.Invoke() is { } now && now != reached)
            {
                reached = now;
                started = TimeProvider.System.GetTimestamp();
            }

            if (TimeProvider.System.GetElapsedTime(started) > Deadline)
            {
                Assert.Fail($"Not within {Deadline.TotalSeconds} s: {what()}");
            }

            await Task.Delay(2);
        }
    }
}
