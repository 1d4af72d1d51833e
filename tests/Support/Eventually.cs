namespace CartRecovery.Tests.Support;

/// <summary>Waits for a condition, and fails when it does not come about.</summary>
static class Eventually
{
    public static readonly TimeSpan Deadline = TimeSpan.FromSeconds(20);

    public static Task Is(Func<bool> condition, string what) => Is(condition, () => what);

    public static async Task Is(Func<bool> condition, Func<string> what)
    {
        var started = TimeProvider.System.GetTimestamp();
        while (!condition())
        {
            if (TimeProvider.System.GetElapsedTime(started) > Deadline)
            {
                Assert.Fail($"Not within {Deadline.TotalSeconds} s: {what()}");
            }

            await Task.Delay(2);
        }
    }
}
