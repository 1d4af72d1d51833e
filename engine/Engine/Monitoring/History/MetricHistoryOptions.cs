namespace CartRecovery.Engine.Monitoring.History;

/// <summary>What a history keeps, and its bounds.</summary>
public sealed record MetricHistoryOptions
{
    /// <summary>The resolutions, finest first, 1 to 4. Each is kept longer than the one before.</summary>
    public IReadOnlyList<HistoryLevel> Levels { get; init; } =
    [
        new(TimeSpan.FromSeconds(15), TimeSpan.FromDays(2)),
        new(TimeSpan.FromMinutes(1), TimeSpan.FromDays(14)),
        new(TimeSpan.FromMinutes(5), TimeSpan.FromDays(396)),
    ];

    /// <summary>The most series with kept samples. Samples of further series are refused.</summary>
    public int MaxSeries { get; init; } = 10_000;

    /// <summary>The most bytes on disk. Beyond them, the level that takes the most loses its oldest tenth.</summary>
    public long MaxBytes { get; init; } = 1L << 30;

    /// <summary>How far ahead of the clock a sample may be.</summary>
    public TimeSpan MaxAhead { get; init; } = TimeSpan.FromMinutes(5);
}
