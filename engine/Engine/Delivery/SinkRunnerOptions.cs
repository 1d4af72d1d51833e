namespace CartRecovery.Engine.Delivery;

/// <summary>Options for driving a sink, common to all sink types.</summary>
public sealed record SinkRunnerOptions
{
    /// <summary>Maximum number of interventions per write, 1 or more.</summary>
    public int Batch { get; init; } = 64;

    /// <summary>How long the first intervention of a batch waits for more, 0 or more.</summary>
    public TimeSpan BatchAge { get; init; } = TimeSpan.FromMilliseconds(50);

    /// <summary>Timeout of a connect or a write, above 0.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Maximum number of retries, 0 or more.</summary>
    public int Retries { get; init; } = 5;

    /// <summary>Maximum number of concurrent writes, 1 or more; 1 preserves the queue's order.</summary>
    public int MaxInFlight { get; init; } = 4;

    /// <summary>The queue's capacity, 1 or more; beyond it the newest interventions are dropped.</summary>
    public int Queue { get; init; } = 10_000;

    /// <summary>
    /// Maximum number of interventions per second, including retries, with bursts of one second's worth; 0 for no limit.
    /// </summary>
    public double RateLimit { get; init; }

    /// <summary>Number of consecutive failed writes that opens the circuit, 1 or more.</summary>
    internal int BreakAfter { get; init; } = 5;

    /// <summary>Delay before the first retry or reconnect. Doubles with each, with jitter, up to a minute.</summary>
    internal TimeSpan RetryDelay { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>Validates the ranges above.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A value is out of range.</exception>
    internal void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(Batch, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(BatchAge, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(Timeout, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfNegative(Retries);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxInFlight, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(Queue, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(RateLimit);
        ArgumentOutOfRangeException.ThrowIfLessThan(BreakAfter, 1);
    }
}
