using System.Text.Json.Serialization;

namespace CartRecovery.Bench.Load;

/// <summary>What a run showed. This is the form of <c>--json</c>.</summary>
public sealed record LoadReport
{
    /// <summary>The stream that the events went to.</summary>
    public required string Target { get; init; }

    /// <summary>Connections that were opened.</summary>
    public required int Connections { get; init; }

    /// <summary>Events a second that were asked for; 0 for flat out.</summary>
    public required int Rate { get; init; }

    /// <summary>For how long events were sent.</summary>
    public required double Seconds { get; init; }

    /// <summary>Events that were due; <see langword="null"/> flat out.</summary>
    public required long? Scheduled { get; init; }

    /// <summary>Events that were sent.</summary>
    public required long Sent { get; init; }

    /// <summary>Events that the engine acknowledged.</summary>
    public required long Acked { get; init; }

    /// <summary>Interventions that came back.</summary>
    public required long Interventions { get; init; }

    /// <summary>Heartbeats that came back.</summary>
    public required long Heartbeats { get; init; }

    /// <summary>Error messages that came back, by code.</summary>
    public required IReadOnlyDictionary<string, long> Errors { get; init; }

    /// <summary>Connections that ended before they should, and why.</summary>
    public required IReadOnlyList<string> Failures { get; init; }

    /// <summary>From when an event was due (flat out: sent) to its ack.</summary>
    public required Quantiles AckLatency { get; init; }

    /// <summary>From when a batch was due to when it was sent: how far the generator itself was behind. None flat out.</summary>
    public required Quantiles? SendDelay { get; init; }

    /// <summary>Processor use of the generator, in percent of a core.</summary>
    public required double GeneratorCpuPercent { get; init; }

    /// <summary>What the engine's metrics say; <see langword="null"/> without them.</summary>
    public required EngineReport? Engine { get; init; }

    /// <summary>Each second of it.</summary>
    public required IReadOnlyList<LoadSecond> PerSecond { get; init; }

    /// <summary>Events acknowledged a second.</summary>
    public double AckedPerSecond => Seconds > 0 ? Acked / Seconds : 0;

    /// <summary>Events that were sent and never acknowledged.</summary>
    public long Unacknowledged => Sent - Acked;

    /// <summary>Every event is accounted for, and no connection broke.</summary>
    public bool Passed => Unacknowledged == 0 && Failures.Count == 0 && Engine is null or { Lost: 0, Surplus: 0 };
}

/// <summary>What the engine's own metrics say of a run.</summary>
public sealed record EngineReport
{
    public required double Received { get; init; }

    public required double Processed { get; init; }

    public required double Rejected { get; init; }

    public required double Duplicates { get; init; }

    /// <summary>The rejected ones by code.</summary>
    public required IReadOnlyDictionary<string, double> RejectedByCode { get; init; }

    /// <summary>Events that were sent and not received, or received and neither processed nor rejected nor duplicates.</summary>
    public required double Lost { get; init; }

    /// <summary>Events received beyond those sent, or accounted for beyond those received: another client, or counted twice.</summary>
    public required double Surplus { get; init; }

    /// <summary>From received to decided, out of the engine's histogram; <see langword="null"/> where it has none.</summary>
    public required Quantiles? Latency { get; init; }

    /// <summary>Processor use while events were sent, in percent of a core.</summary>
    public required double CpuPercent { get; init; }

    public required double ResidentBytesAtStart { get; init; }

    public required double ResidentBytesAtHalf { get; init; }

    public required double ResidentBytesAtEnd { get; init; }
}

/// <summary>A distribution of times, in milliseconds.</summary>
/// <param name="P50">Half were at most this.</param>
/// <param name="P90">Nine in ten.</param>
/// <param name="P99">99 in 100.</param>
/// <param name="P999">999 in 1,000.</param>
/// <param name="Max">All; <see langword="null"/> where only buckets are known.</param>
public sealed record Quantiles(double P50, double P90, double P99, double P999, double? Max)
{
    /// <summary>Those of a histogram.</summary>
    internal static Quantiles Of(Durations histogram)
    {
        double At(double share) => histogram.Quantile(share) / 1e6;
        return new Quantiles(At(0.5), At(0.9), At(0.99), At(0.999), At(1));
    }

    /// <summary>Those of a histogram of seconds between two pages of metrics.</summary>
    internal static Quantiles? Of(MetricsPage before, MetricsPage after, string name)
    {
        double? At(double share) => MetricsPage.Quantile(before, after, name, share) * 1e3;
        return At(0.5) is { } half ? new Quantiles(half, At(0.9)!.Value, At(0.99)!.Value, At(0.999)!.Value, Max: null) : null;
    }
}

/// <summary>One second of a run. What the engine says of it is <see langword="null"/> without metrics.</summary>
/// <param name="At">Seconds since the start, at its end.</param>
/// <param name="Sent">Events sent in it.</param>
/// <param name="Acked">Events acknowledged in it.</param>
/// <param name="Processed">Events that the engine processed in it.</param>
/// <param name="P99">99th percentile of the engine's latency in it, in milliseconds.</param>
/// <param name="CpuPercent">Processor use of the engine, in percent of a core.</param>
/// <param name="ResidentBytes">Memory of the engine, at its end.</param>
public sealed record LoadSecond(
    double At, long Sent, long Acked, double? Processed, double? P99, double? CpuPercent, double? ResidentBytes);

/// <summary>JSON of the report.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
[JsonSerializable(typeof(LoadReport))]
sealed partial class LoadJson : JsonSerializerContext;
