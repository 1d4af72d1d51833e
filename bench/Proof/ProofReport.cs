using System.Text.Json.Serialization;
using CartRecovery.Bench.Load;

namespace CartRecovery.Bench.Proof;

/// <summary>All that the proof found. This is the form of the JSON beside the table.</summary>
sealed record ProofReport
{
    /// <summary>Short runs, to see that everything works: the numbers mean nothing.</summary>
    public required bool Quick { get; init; }

    public required Machine Machine { get; init; }

    public required IReadOnlyList<ThroughputRow> Throughput { get; init; }

    public required LatencyResult? Latency { get; init; }

    public required IReadOnlyList<CartsRow> Carts { get; init; }

    public required IReadOnlyList<StageRow> Stages { get; init; }

    public required IReadOnlyList<TargetResult> Targets { get; init; }

    /// <summary>What could not be measured, and why.</summary>
    public required IReadOnlyList<string> Failures { get; init; }
}

/// <summary>One contender under one load, in one turn.</summary>
/// <param name="Rate">Events acknowledged a second.</param>
/// <param name="CpuMicroseconds">The server's processor time an event.</param>
/// <param name="GeneratorCpuPercent">The load generator's processor use, in percent of a core.</param>
/// <param name="Accounted">Everything that was sent was acknowledged, and the engine's own counters add up.</param>
sealed record Turn(double Rate, double CpuMicroseconds, double GeneratorCpuPercent, bool Accounted);

/// <summary>One contender under one load, over all turns: medians.</summary>
sealed record ThroughputRow
{
    public required Contender Contender { get; init; }

    public required string Format { get; init; }

    public required string Transport { get; init; }

    public required int Connections { get; init; }

    public required int PerMessage { get; init; }

    /// <summary>What is scored; <see langword="null"/> for a sink.</summary>
    public required string? Scoring { get; init; }

    public required double Rate { get; init; }

    public required double CpuMicroseconds { get; init; }

    public required double GeneratorCpuPercent { get; init; }

    /// <summary>The rate over the sink's of the same turn; <see langword="null"/> where there was none.</summary>
    public required double? RatioToSink { get; init; }

    /// <summary>The rate over the plain server's of the same turn.</summary>
    public required double? RatioToPlain { get; init; }

    /// <summary>The rate over that of the plain server with lazy acknowledgements.</summary>
    public required double? RatioToPlainLazyAcks { get; init; }

    public required bool Accounted { get; init; }

    public required IReadOnlyList<Turn> Turns { get; init; }
}

/// <summary>The engine at a rate that it is to bear with ease, over all turns: medians of each figure.</summary>
/// <param name="Rate">Events a second.</param>
/// <param name="Decided">Milliseconds from received to decided, out of the engine's histogram.</param>
/// <param name="Ack">Milliseconds from due to acknowledged.</param>
/// <param name="Popup">Milliseconds from when an event was due to its intervention on the same socket.</param>
/// <param name="PopupSendDelay">Milliseconds from when an event was due to when the probe sent it.</param>
/// <param name="Popups">Events that asked for an intervention.</param>
/// <param name="PopupsMissing">Interventions that did not come.</param>
/// <param name="CpuPercent">The engine's processor use, in percent of all cores.</param>
/// <param name="Held">The rate was held, and nothing was lost.</param>
sealed record LatencyResult(
    int Rate, Quantiles Decided, Quantiles Ack, Quantiles Popup, Quantiles PopupSendDelay, int Popups, int PopupsMissing, double CpuPercent, bool Held);

/// <summary>The engine with so many carts.</summary>
/// <param name="Carts">Carts that it has.</param>
/// <param name="RecordBytes">What their records take, at least.</param>
/// <param name="MemoryBytes">What their records may take in memory.</param>
/// <param name="FillSeconds">How long it took to make them.</param>
/// <param name="Rate">Events acknowledged a second afterwards, on the carts that were not touched for longest.</param>
/// <param name="CpuMicroseconds">The engine's processor time an event.</param>
/// <param name="ResidentBytes">The engine's memory at the end.</param>
/// <param name="Accounted">Nothing was lost.</param>
sealed record CartsRow(
    long Carts, double RecordBytes, double MemoryBytes, double FillSeconds, double Rate, double CpuMicroseconds, double ResidentBytes, bool Accounted);

/// <summary>A stage without a socket, in nanoseconds an event.</summary>
/// <param name="Name">Class and method of the benchmark, and its parameter: events of a call.</param>
/// <param name="Native">As a native binary, by the stage timer.</param>
/// <param name="Jit">The same program under JIT, by the same timer.</param>
/// <param name="BenchmarkDotNet">Under JIT, by BenchmarkDotNet.</param>
/// <param name="AllocatedBytes">Bytes allocated an event, by BenchmarkDotNet.</param>
sealed record StageRow(string Name, double? Native, double? Jit, double? BenchmarkDotNet, double? AllocatedBytes);

/// <summary>A promise, and what came of it.</summary>
/// <param name="Name">What was promised.</param>
/// <param name="Goal">The bound, in words.</param>
/// <param name="Measured">The number in words; <see langword="null"/> when it was not measured.</param>
/// <param name="Passed">Whether it holds; <see langword="null"/> when it was not measured, or there is no bound.</param>
sealed record TargetResult(string Name, string Goal, string? Measured, bool? Passed);

/// <summary>JSON of the report.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true, UseStringEnumConverter = true)]
[JsonSerializable(typeof(ProofReport))]
sealed partial class ProofJson : JsonSerializerContext;
