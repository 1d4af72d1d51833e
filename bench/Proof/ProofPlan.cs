namespace CartRecovery.Bench.Proof;

/// <summary>How long and how often everything is measured.</summary>
sealed record ProofPlan
{
    /// <summary>Short runs, to see that everything works.</summary>
    public required bool Quick { get; init; }

    /// <summary>Turns: each contender once in each.</summary>
    public required int Turns { get; init; }

    /// <summary>Seconds of load before what counts, so that caches are warm and JIT has done its work.</summary>
    public required double WarmUpSeconds { get; init; }

    /// <summary>Seconds of load that count, flat out.</summary>
    public required double LoadSeconds { get; init; }

    /// <summary>Seconds of load at a fixed rate.</summary>
    public required double LatencySeconds { get; init; }

    /// <summary>Points of the curve of carts.</summary>
    public required int[] Carts { get; init; }

    /// <summary>The engine's memory for their records, in bytes and as its configuration says it.</summary>
    public required (long Bytes, string Text) CartMemory { get; init; }

    /// <summary>Making the carts of a point ends after this.</summary>
    public required double MostFillSeconds { get; init; }

    /// <summary>What BenchmarkDotNet runs: globs, with spaces between. The rest is timed as the stages are, and held to allocate nothing by tests.</summary>
    public required string StageFilter { get; init; }

    /// <summary>The whole proof. The memory of the carts is the shipped configuration's.</summary>
    public static ProofPlan Full { get; } = new()
    {
        Quick = false,
        Turns = 3,
        WarmUpSeconds = 2,
        LoadSeconds = 4,
        LatencySeconds = 15,
        Carts = [10_000, 1_000_000, 10_000_000],
        CartMemory = (1L << 30, "1GB"),
        MostFillSeconds = 240,
        StageFilter = "*DecodeBenchmarks* *FoldBenchmarks* *PartitionBenchmarks*",
    };

    /// <summary>The same in little.</summary>
    public static ProofPlan InLittle { get; } = new()
    {
        Quick = true,
        Turns = 1,
        WarmUpSeconds = 1,
        LoadSeconds = 2,
        LatencySeconds = 3,
        Carts = [10_000, 100_000, 400_000],
        CartMemory = (64L << 20, "64MB"),
        MostFillSeconds = 30,
        StageFilter = "*FoldBenchmarks*",
    };

    /// <summary>About how long all of it takes, beside the builds.</summary>
    public TimeSpan Length
    {
        get
        {
            const double starting = 2;
            var contenders = Scenario.All.Sum(scenario => scenario.Contenders.Length);
            var loads = Turns * contenders * (starting + WarmUpSeconds + LoadSeconds);
            var latency = Turns * (starting + WarmUpSeconds + LatencySeconds);

            // Six events a cart at 300,000 a second, if the bound does not end it before.
            var carts = Carts.Sum(count => starting + LoadSeconds + Math.Min(MostFillSeconds, count * 6.0 / 300_000));
            return TimeSpan.FromSeconds(loads + latency + carts + (Quick ? 80 : 240));
        }
    }
}
