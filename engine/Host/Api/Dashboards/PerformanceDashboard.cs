using System.Text.Json.Serialization;

namespace CartRecovery.Host.Api.Dashboards;

/// <summary>How fast the engine answers.</summary>
/// <param name="Endpoints">HTTP requests by group of routes, the slowest 95th percentile first.</param>
/// <param name="Events">Events.</param>
/// <param name="Period">The period's length.</param>
/// <param name="From">The period's begin.</param>
/// <param name="To">The period's end.</param>
sealed record PerformanceDashboard(IReadOnlyList<EndpointPerformance> Endpoints, EventPerformance Events, string Period, DateTimeOffset From, DateTimeOffset To);

/// <summary>HTTP requests of a group of routes. Times are in milliseconds, and null without requests.</summary>
sealed record EndpointPerformance
{
    /// <summary>Always `cartrecovery`.</summary>
    [JsonPropertyName("service_name")]
    public required string ServiceName { get; init; }

    /// <summary>The group of routes, as in the API's documentation.</summary>
    public required string Endpoint { get; init; }

    /// <summary>The mean.</summary>
    [JsonPropertyName("avg_response_time")]
    public required double? AvgResponseTime { get; init; }

    /// <summary>The 95th percentile, interpolated within the buckets of the metric.</summary>
    public required double? P95 { get; init; }

    /// <summary>The 99th percentile.</summary>
    public required double? P99 { get; init; }

    /// <summary>About how many requests there were.</summary>
    [JsonPropertyName("request_count")]
    public required long RequestCount { get; init; }

    /// <summary>About how many were answered with a status of 500 or more.</summary>
    [JsonPropertyName("error_count")]
    public required long ErrorCount { get; init; }
}

/// <summary>Events of a period.</summary>
/// <param name="Count">About how many were received.</param>
/// <param name="Rate">Per second.</param>
/// <param name="P50">The median time from receipt to decision, in milliseconds; null without events.</param>
/// <param name="P95">The 95th percentile.</param>
/// <param name="P99">The 99th percentile.</param>
sealed record EventPerformance(long Count, double Rate, double? P50, double? P95, double? P99);
