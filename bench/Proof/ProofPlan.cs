namespace CartRecovery.Bench.Proof;

/// <summary>Durations and rounds of the measurements.</summary>
sealed record ProofPlan
{
    /// <summary>Whether the runs are short, only to check that everything works.</summary>
    public required bool Quick { get; init; }

    /// <summary>The number of rounds; each contender runs once per round.</summary>
    public required int Rounds { get; init; }

    /// <summary>Seconds of warm-up, for caches and JIT.</summary>
    public required double WarmUpSeconds { get; init; }

    /// <summary>Seconds of measured load at full rate.</summary>
    public required double LoadSeconds { get; init; }

    /// <summary>Seconds of measured load at a fixed rate.</summary>
    public required double LatencySeconds { get; init; }

    /// <summary>Points of the curve of carts.</summary>
    public required int[] Carts { get; init; }

    /// <summary>The engine's memory for cart records, in bytes and as in its configuration.</summary>
    public required (long Bytes, string Text) CartMemory { get; init; }

    /// <summary>The time limit for creating a point's carts.</summary>
    public required double MaxFillSeconds { get; init; }

    /// <summary>
    /// The benchmarks for BenchmarkDotNet, as globs separated by spaces. The others are timed by the stage timer, and tests check that they
    /// allocate nothing.
    /// </summary>
    public required string StageFilter { get; init; }

    /// <summary>The full proof, with the shipped configuration's memory for carts.</summary>
    public static ProofPlan Full { get; } = new()
    {
        Quick = false,
        Rounds = 3,
        WarmUpSeconds = 2,
        LoadSeconds = 4,
        LatencySeconds = 15,
        Carts = [10_000, 1_000_000, 10_000_000],
        CartMemory = (1L << 30, "1GB"),
        MaxFillSeconds = 240,
        StageFilter = "*DecodeBenchmarks* *FoldBenchmarks* *PartitionBenchmarks*",
    };

    /// <summary>The quick check.</summary>
    public static ProofPlan QuickCheck { get; } = new()
    {
        Quick = true,
        Rounds = 1,
        WarmUpSeconds = 1,
        LoadSeconds = 2,
        LatencySeconds = 3,
        Carts = [10_000, 100_000, 400_000],
        CartMemory = (64L << 20, "64MB"),
        MaxFillSeconds = 30,
        StageFilter = "*FoldBenchmarks*",
    };

    /// <summary>The approximate duration, excluding builds.</summary>
    public TimeSpan Length
    {
        get
        {
            const double starting = 2;
            var contenders = Scenario.All.Sum(scenario => scenario.Contenders.Length);
            var loads = Rounds * contenders * (starting + WarmUpSeconds + LoadSeconds);
            var latency = Rounds * (starting + WarmUpSeconds + LatencySeconds);

            // Six events per cart at 300,000 per second, up to the time limit.
            var carts = Carts.Sum(count => starting + LoadSeconds + Math.Min(MaxFillSeconds, count * 6.0 / 300_000));
            return TimeSpan.FromSeconds(loads + latency + carts + (Quick ? 80 : 240));
        }
    }
}
