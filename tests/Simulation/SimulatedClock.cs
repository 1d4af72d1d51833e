namespace CartRecovery.Tests.Simulation;

/// <summary>
/// The engine's clocks: the wall clock is right, or wrong by an amount of the seed, and jumps between the two. Elapsed time is always right.
/// </summary>
/// <remarks>One amount, so that event ids, which are kept by the wall clock, expire at most a generation early.</remarks>
sealed class SimulatedClock(long startAt, Random random) : TimeProvider
{
    readonly TimeSpan _error = (random.Next(4), random.Next(2) == 0 ? 1 : -1) switch
    {
        (0, var sign) => sign * TimeSpan.FromMinutes(random.Next(1, 20)),
        (1, var sign) => sign * TimeSpan.FromMinutes(random.Next(20, 3 * 24 * 60)),
        _ => TimeSpan.Zero,
    };

    long _elapsed;
    bool _isWrong;

    /// <summary>The right time, which senders know.</summary>
    public DateTimeOffset Right => DateTimeOffset.FromUnixTimeMilliseconds(startAt).AddTicks(_elapsed);

    /// <summary>Number of jumps.</summary>
    public int Jumps { get; private set; }

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    /// <summary>Lets time pass.</summary>
    public void Advance(TimeSpan time) => _elapsed += time.Ticks;

    /// <summary>Sets the wall clock wrong, or right again.</summary>
    public void Jump()
    {
        _isWrong = !_isWrong;
        Jumps += _error == TimeSpan.Zero ? 0 : 1;
    }

    public override long GetTimestamp() => Interlocked.Read(ref _elapsed);

    public override DateTimeOffset GetUtcNow() =>
        DateTimeOffset.FromUnixTimeMilliseconds(startAt).AddTicks(Interlocked.Read(ref _elapsed)) + (Volatile.Read(ref _isWrong) ? _error : TimeSpan.Zero);
}
