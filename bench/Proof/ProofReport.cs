using System.Text.Json.Serialization;
using CartRecovery.Bench.Load;

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

/// <summary>The engine's medians at a moderate rate, over all rounds.</summary>
/// <param name="Rate">Events a second.</param>
/// <param name="Decided">Milliseconds from receipt to decision, from the engine's histogram.</param>
/// <param name="Ack">Milliseconds from due to acknowledged.</param>
/// <param name="Popup">Milliseconds from when an event was due to its intervention on the same socket.</param>
/// <param name="PopupSendDelay">Milliseconds from when an event was due to when the probe sent it.</param>
/// <param name="Popups">Events that should cause an intervention.</param>
/// <param name="PopupsMissing">Interventions that did not arrive.</param>
/// <param name="CpuPercent">The engine's CPU usage, in percent of all cores.</param>
/// <param name="Held">Whether the rate was held and nothing was lost.</param>
sealed record LatencyResult(
    int Rate, Quantiles Decided, Quantiles Ack, Quantiles Popup, Quantiles PopupSendDelay, int Popups, int PopupsMissing, double CpuPercent, bool Held);

/// <summary>The engine's result with a number of carts.</summary>
/// <param name="Carts">The number of carts.</param>
/// <param name="RecordBytes">The minimum size of their records.</param>
/// <param name="MemoryBytes">The memory for their records.</param>
/// <param name="FillSeconds">The time to create them.</param>
/// <param name="Rate">Events acknowledged a second afterwards, on the least recently used carts.</param>
/// <param name="CpuMicroseconds">The engine's CPU time per event.</param>
/// <param name="ResidentBytes">The engine's memory at the end.</param>
/// <param name="Accounted">Whether nothing was lost.</param>
sealed record CartsRow(
    long Carts, double RecordBytes, double MemoryBytes, double FillSeconds, double Rate, double CpuMicroseconds, double ResidentBytes, bool Accounted);

/// <summary>A stage without a socket, in nanoseconds per event.</summary>
/// <param name="Name">The benchmark's class and method, and its parameter, the events per call.</param>
/// <param name="Native">Native, by the stage timer.</param>
/// <param name="Jit">JIT, by the stage timer.</param>
/// <param name="BenchmarkDotNet">JIT, by BenchmarkDotNet.</param>
/// <param name="AllocatedBytes">Bytes allocated per event, by BenchmarkDotNet.</param>
sealed record StageRow(string Name, double? Native, double? Jit, double? BenchmarkDotNet, double? AllocatedBytes);

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
