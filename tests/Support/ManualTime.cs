namespace CartRecovery.Tests.Support;

/// <summary>Clocks that advance only when told to.</summary>
sealed class ManualTime(long startAt) : TimeProvider
{
    long _elapsed;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public void Advance(TimeSpan time) => Interlocked.Add(ref _elapsed, time.Ticks);

    public override long GetTimestamp() => Interlocked.Read(ref _elapsed);

    public override DateTimeOffset GetUtcNow() => DateTimeOffset.FromUnixTimeMilliseconds(startAt).AddTicks(Interlocked.Read(ref _elapsed));
}
