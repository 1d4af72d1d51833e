using CartRecovery.Engine.Configuration.Monitoring;

namespace CartRecovery.Engine.Monitoring.Services;

/// <summary>A check of a service that the shop needs.</summary>
public sealed record ServiceCheck
{
    /// <summary>The service's name.</summary>
    public required string Name { get; init; }

    /// <summary>How it is checked.</summary>
    public required ServiceKind Kind { get; init; }

    /// <summary>An absolute URL for HTTP, <c>host:port</c> for TCP and TLS, a host for DNS.</summary>
    public required string Target { get; init; }

    /// <summary>Time between two checks.</summary>
    public TimeSpan Interval { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Without an answer in this time, the service is unhealthy.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>A slower answer is degraded.</summary>
    public TimeSpan Slow { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>The expected status of an HTTP answer; <see langword="null"/> for any from 200 to 399.</summary>
    public int? Status { get; init; }

    /// <summary>A text that an HTTP answer must contain in its first 64 KB; <see langword="null"/> for none.</summary>
    public string? Contains { get; init; }

    /// <summary>A certificate that expires within this time is degraded.</summary>
    public TimeSpan Expiry { get; init; } = TimeSpan.FromDays(14);

    /// <summary>The share of checks that should find it working, 0–1.</summary>
    public double Objective { get; init; } = 0.999;

    /// <summary>The target for the 95th percentile of the response times.</summary>
    public TimeSpan Latency { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Creates the check of a service of the configuration.</summary>
    /// <param name="name">The service's name.</param>
    /// <param name="config">A valid configuration.</param>
    public static ServiceCheck Of(string name, ServiceConfig config) => new()
    {
        Name = name,
        Kind = config.Kind,
        Target = config.Target,
        Interval = config.Interval.Value,
        Timeout = config.Timeout.Value,
        Slow = config.Slow.Value,
        Status = config.Status,
        Contains = config.Contains,
        Expiry = config.Expiry.Value,
        Objective = config.Uptime / 100,
        Latency = config.Latency.Value,
    };
}
