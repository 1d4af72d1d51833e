namespace CartRecovery.Bench.Proof;

/// <summary>A contender's medians under a load, over all rounds.</summary>
sealed record ThroughputRow
{
    public required Contender Contender { get; init; }

    public required string Format { get; init; }

    public required string Transport { get; init; }

    public required int Connections { get; init; }

    public required int PerMessage { get; init; }

    /// <summary>The events scored; <see langword="null"/> for a sink.</summary>
    public required string? Scoring { get; init; }

    public required double Rate { get; init; }

    public required double CpuMicroseconds { get; init; }

    public required double GeneratorCpuPercent { get; init; }

    /// <summary>The ratio of the rate to the sink's in the same round; <see langword="null"/> where there was none.</summary>
    public required double? RatioToSink { get; init; }

    /// <summary>The ratio of the rate to the plain server's in the same round.</summary>
    public required double? RatioToPlain { get; init; }

    /// <summary>The ratio of the rate to that of the plain server with lazy acknowledgements.</summary>
    public required double? RatioToPlainLazyAcks { get; init; }

    public required bool Accounted { get; init; }

    public required IReadOnlyList<Round> Rounds { get; init; }
}
