using System.Text.Json.Serialization;

namespace CartRecovery.Host.Api.Health;

/// <summary>How well the shop's services met their targets in a period.</summary>
/// <param name="Services">The services.</param>
/// <param name="Parts">The engine's parts; those without samples are left out.</param>
/// <param name="Period">The period's length.</param>
/// <param name="From">The period's begin.</param>
/// <param name="To">The period's end.</param>
sealed record SlaDashboard(IReadOnlyList<ServiceSla> Services, IReadOnlyList<PartSla> Parts, string Period, DateTimeOffset From, DateTimeOffset To);

/// <summary>How well a service met its targets.</summary>
sealed record ServiceSla
{
    /// <summary>The service.</summary>
    [JsonPropertyName("service_name")]
    public required string ServiceName { get; init; }

    /// <summary>The percentage of checks that found it working, degraded or not; null without checks.</summary>
    [JsonPropertyName("avg_uptime")]
    public required double? AvgUptime { get; init; }

    /// <summary>The target for it, in percent.</summary>
    [JsonPropertyName("uptime_target")]
    public required double UptimeTarget { get; init; }

    /// <summary>The mean response time, in milliseconds.</summary>
    [JsonPropertyName("avg_latency")]
    public required double? AvgLatency { get; init; }

    /// <summary>The 95th percentile of the response times, in milliseconds; at most 30000.</summary>
    [JsonPropertyName("avg_p95_latency")]
    public required double? AvgP95Latency { get; init; }

    /// <summary>The 99th percentile, in milliseconds.</summary>
    [JsonPropertyName("avg_p99_latency")]
    public required double? AvgP99Latency { get; init; }

    /// <summary>The target for the 95th percentile, in milliseconds.</summary>
    [JsonPropertyName("latency_target")]
    public required double LatencyTarget { get; init; }

    /// <summary>The hours in which it missed a target.</summary>
    [JsonPropertyName("total_violations")]
    public required int TotalViolations { get; init; }

    /// <summary>About how many checks there were.</summary>
    [JsonPropertyName("total_checks")]
    public required long TotalChecks { get; init; }

    /// <summary>The percentage of the error budget that is left; negative if more was used than there is.</summary>
    [JsonPropertyName("error_budget_left")]
    public required double? ErrorBudgetLeft { get; init; }

    /// <summary>How many times faster than the target allows the budget is used, in the last `1h`, `6h` and `72h`.</summary>
    [JsonPropertyName("burn_rates")]
    public required IReadOnlyDictionary<string, double?> BurnRates { get; init; }
}

/// <summary>The health of a part of the engine in a period. The time in which the engine did not run is in none of it.</summary>
/// <param name="Part">The part of `/health`.</param>
/// <param name="AvgUptime">The percentage of samples that found it working, degraded or not.</param>
/// <param name="AvgHealthy">The percentage of samples that found it healthy.</param>
/// <param name="TotalSamples">About how many samples there were, one a minute.</param>
sealed record PartSla(
    string Part, [property: JsonPropertyName("avg_uptime")] double AvgUptime, [property: JsonPropertyName("avg_healthy")] double AvgHealthy,
    [property: JsonPropertyName("total_samples")] long TotalSamples);
