namespace CartRecovery.Tests.Support;

/// <summary>Waits for a condition, and fails when it does not come about.</summary>
static class Eventually
{
    /// <summary>How long a test waits for anything; generous, because only a failing test waits this long.</summary>
    public static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    public static Task Is(Func<bool> condition, string what) => Is(condition, () => what);

    /// <param name="condition">What must come about.</param>
    /// <param name="what">The condition in words, for the failure.</param>
    /// <param name="progress">A figure that, whenever it changes, starts the deadline anew: a slow disk is not a failure, a stall is.</param>
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
