using System.Text.Json.Serialization;

namespace CartRecovery.Bench.Load;

/// <summary>The result of a run; also the format of <c>--json</c>.</summary>
public sealed record LoadReport
{
    /// <summary>The target stream.</summary>
    public required string Target { get; init; }

    /// <summary>Connections opened.</summary>
    public required int Connections { get; init; }

    /// <summary>Events per second requested; 0 for full rate.</summary>
    public required int Rate { get; init; }

    /// <summary>How long events were sent, after the warm-up: what the figures are of.</summary>
    public required double Seconds { get; init; }

    /// <summary>How long events were sent before.</summary>
    public required double WarmUpSeconds { get; init; }

    /// <summary>Events due, in the warm-up too; <see langword="null"/> at full rate.</summary>
    public required long? Scheduled { get; init; }

    /// <summary>Events sent, in the warm-up too.</summary>
    public required long Sent { get; init; }

    /// <summary>Events acknowledged, in the warm-up too.</summary>
    public required long Acked { get; init; }

    /// <summary>Events acknowledged in the warm-up.</summary>
    public required long AckedInWarmUp { get; init; }

    /// <summary>Interventions received.</summary>
    public required long Interventions { get; init; }

    /// <summary>Heartbeats received.</summary>
    public required long Heartbeats { get; init; }

    /// <summary>Error messages received, by code.</summary>
    public required IReadOnlyDictionary<string, long> Errors { get; init; }

    /// <summary>Connections that ended early, with reasons.</summary>
    public required IReadOnlyList<string> Failures { get; init; }

    /// <summary>Time from when an event was due (at full rate: sent) to its ack.</summary>
    public required Quantiles AckLatency { get; init; }

    /// <summary>Time from when a batch was due to when it was sent: the generator's own delay. None at full rate.</summary>
    public required Quantiles? SendDelay { get; init; }

    /// <summary>CPU usage of the generator, in percent of a core.</summary>
    public required double GeneratorCpuPercent { get; init; }

    /// <summary>The engine's metrics; <see langword="null"/> without them.</summary>
    public required EngineReport? Engine { get; init; }

    /// <summary>How busy the machine was; <see langword="null"/> where it does not tell.</summary>
    public MachineReport? Machine { get; init; }

    /// <summary>The run by second, after the warm-up.</summary>
    public required IReadOnlyList<LoadSecond> PerSecond { get; init; }

    /// <summary>Events acknowledged per second.</summary>
    public double AckedPerSecond => Seconds > 0 ? (Acked - AckedInWarmUp) / Seconds : 0;

    /// <summary>Events sent but never acknowledged.</summary>
    public long Unacknowledged => Sent - Acked;

    /// <summary>Whether every event is accounted for and no connection broke.</summary>
    public bool Passed => Unacknowledged == 0 && Failures.Count == 0 && Engine is null or { Lost: 0, Surplus: 0 };
}

/// <summary>The engine's metrics of a run.</summary>
public sealed record EngineReport
{
    public required double Received { get; init; }

    public required double Processed { get; init; }

    public required double Rejected { get; init; }

    public required double Duplicates { get; init; }

    /// <summary>Rejected events by code.</summary>
    public required IReadOnlyDictionary<string, double> RejectedByCode { get; init; }

    /// <summary>Events sent but not received, or received but neither processed, rejected nor duplicates.</summary>
    public required double Lost { get; init; }

    /// <summary>Events received beyond those sent, or accounted for beyond those received: another client, or counted twice.</summary>
    public required double Surplus { get; init; }

    /// <summary>Time from receipt to decision, from the engine's histogram; <see langword="null"/> if it has none.</summary>
    public required Quantiles? Latency { get; init; }

    /// <summary>CPU usage while events were sent, in percent of a core.</summary>
    public required double CpuPercent { get; init; }

    public required double ResidentBytesAtStart { get; init; }

    public required double ResidentBytesAtHalf { get; init; }

    public required double ResidentBytesAtEnd { get; init; }
}

/// <summary>A distribution of times, in milliseconds.</summary>
/// <param name="P50">The median.</param>
/// <param name="P90">The 90th percentile.</param>
/// <param name="P99">The 99th percentile.</param>
/// <param name="P999">The 99.9th percentile.</param>
/// <param name="Max">The maximum; <see langword="null"/> if only buckets are known.</param>
public sealed record Quantiles(double P50, double P90, double P99, double P999, double? Max)
{
    /// <summary>Reads the quantiles of a histogram.</summary>
    internal static Quantiles Of(Durations histogram)
    {
        double At(double share) => histogram.Quantile(share) / 1e6;
        return new Quantiles(At(0.5), At(0.9), At(0.99), At(0.999), At(1));
    }

    /// <summary>Computes the quantiles of a histogram in seconds between two scrapes.</summary>
    internal static Quantiles? Of(MetricsPage before, MetricsPage after, string name)
    {
        double? At(double share) => MetricsPage.Quantile(before, after, name, share) * 1e3;
        return At(0.5) is { } half ? new Quantiles(half, At(0.9)!.Value, At(0.99)!.Value, At(0.999)!.Value, Max: null) : null;
    }
}

/// <summary>One second of a run. Engine figures are <see langword="null"/> without metrics.</summary>
/// <param name="At">Seconds since the start, at its end.</param>
/// <param name="Sent">Events sent in it.</param>
/// <param name="Acked">Events acknowledged in it.</param>
/// <param name="Processed">Events that the engine processed in it.</param>
/// <param name="P99">99th percentile of the engine's latency in it, in milliseconds.</param>
/// <param name="CpuPercent">CPU usage of the engine, in percent of a core.</param>
/// <param name="ResidentBytes">Memory of the engine, at its end.</param>
public sealed record LoadSecond(
    double At, long Sent, long Acked, double? Processed, double? P99, double? CpuPercent, double? ResidentBytes);

/// <summary>JSON of the report.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
[JsonSerializable(typeof(LoadReport))]
sealed partial class LoadJson : JsonSerializerContext;
