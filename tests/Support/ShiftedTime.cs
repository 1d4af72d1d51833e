namespace CartRecovery.Tests.Support;

/// <summary>The system clock, shifted so that it started at a given moment.</summary>
sealed class ShiftedTime(DateTimeOffset start) : TimeProvider
{
    readonly long _startedAt = System.GetTimestamp();

    public override DateTimeOffset GetUtcNow() => start + System.GetElapsedTime(_startedAt);
}
