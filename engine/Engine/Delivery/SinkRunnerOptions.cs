namespace CartRecovery.Engine.Delivery;

/// <summary>How the engine drives one sink: the same keys for every kind of sink.</summary>
public sealed record SinkRunnerOptions
{
    /// <summary>Interventions in one write at most, 1 or more.</summary>
    public int Batch { get; init; } = 64;

    /// <summary>How long the first intervention of a batch waits for more, 0 or more.</summary>
    public TimeSpan BatchAge { get; init; } = TimeSpan.FromMilliseconds(50);

    /// <summary>How long a connect or a write may take, above 0.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How often what failed is tried again before it is given up, 0 or more.</summary>
    public int Retries { get; init; } = 5;

    /// <summary>Writes under way at once at most, 1 or more; with 1 the order of the queue is kept.</summary>
    public int MaxInFlight { get; init; } = 4;

    /// <summary>Interventions that wait at most, 1 or more; the newest are dropped beyond that.</summary>
    public int Queue { get; init; } = 10_000;

    /// <summary>Interventions a second at most, retries among them; a second's worth may go at once. 0 for no limit.</summary>
    public double RateLimit { get; init; }

    /// <summary>Writes in a row that fail before the circuit opens, 1 or more.</summary>
    internal int BreakAfter { get; init; } = 5;

    /// <summary>The wait before the first retry or reconnect; it doubles with each, with jitter, up to a minute.</summary>
    internal TimeSpan RetryDelay { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>Refuses values outside the ranges above.</summary>
    /// <exception cref="ArgumentOutOfRangeException">One of them is.</exception>
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
