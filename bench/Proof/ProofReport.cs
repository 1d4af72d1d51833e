using System.Text.Json.Serialization;

namespace CartRecovery.Bench.Proof;

/// <summary>The proof's results; also the format of the JSON file.</summary>
sealed record ProofReport
{
    /// <summary>Whether the runs were short, so that the numbers are not meaningful.</summary>
    public required bool Quick { get; init; }

    public required Machine Machine { get; init; }

    public required IReadOnlyList<ThroughputRow> Throughput { get; init; }

    public required LatencyResult? Latency { get; init; }

    public required IReadOnlyList<CartsRow> Carts { get; init; }

    public required IReadOnlyList<StageRow> Stages { get; init; }

    public required IReadOnlyList<TargetResult> Targets { get; init; }

    /// <summary>Failed measurements, with reasons.</summary>
    public required IReadOnlyList<string> Failures { get; init; }
}

/// <summary>A contender's result under a load in one round.</summary>
/// <param name="Rate">Events acknowledged per second.</param>
/// <param name="CpuMicroseconds">The server's CPU time per event.</param>
/// <param name="GeneratorCpuPercent">The load generator's CPU usage, in percent of a core.</param>
/// <param name="Accounted">Whether all events were acknowledged and the engine's counters add up.</param>
sealed record Round(double Rate, double CpuMicroseconds, double GeneratorCpuPercent, bool Accounted);

/// <summary>A target and its result.</summary>
/// <param name="Name">The target.</param>
/// <param name="Goal">The bound, as text.</param>
/// <param name="Measured">The measured value, as text; <see langword="null"/> if it was not measured.</param>
/// <param name="Passed">Whether the target is met; <see langword="null"/> if it was not measured or has no bound.</param>
sealed record TargetResult(string Name, string Goal, string? Measured, bool? Passed);

/// <summary>JSON of the report.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true, UseStringEnumConverter = true)]
[JsonSerializable(typeof(ProofReport))]
sealed partial class ProofJson : JsonSerializerContext;
