namespace CartRecovery.Tests.Support;

/// <summary>The system clock, which tests set ahead. Timers and timestamps are the system's.</summary>
sealed class JumpingTime : TimeProvider
{
    long _ahead;

    /// <summary>Sets the clock ahead.</summary>
    public void Jump(TimeSpan by) => Interlocked.Add(ref _ahead, by.Ticks);

    public override DateTimeOffset GetUtcNow() => System.GetUtcNow() + new TimeSpan(Interlocked.Read(ref _ahead));
}
