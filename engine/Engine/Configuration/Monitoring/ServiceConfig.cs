using System.Text.Json.Serialization;
using CartRecovery.Engine.Configuration.Values;

namespace CartRecovery.Engine.Configuration.Monitoring;

/// <summary>A service that the shop needs, and how the engine checks it.</summary>
public sealed class ServiceConfig
{
    [JsonRequired]
    [ConfigKey("How it is checked: http (a GET request), tcp (a connection), tls (the certificate) or dns (the name has an address).", Example = "http")]
    public ServiceKind Kind { get; set; }

    [JsonRequired]
    [ConfigKey("What is checked: an http or https address; HOST:PORT for tcp and tls; a name for dns.", Example = "https://shop.example/health")]
    public string Target { get; set; } = "";

    [ConfigKey("How often it is checked.", Min = "1s", Max = "1h")]
    public Duration Interval { get; set; } = Duration.FromSeconds(30);

    [ConfigKey("How long an answer may take; less than the interval. Without one the service is unhealthy.", Min = "50ms", Max = "5m")]
    public Duration Timeout { get; set; } = Duration.FromSeconds(10);

    [ConfigKey("A slower answer is degraded.", Min = "1ms", Max = "5m")]
    public Duration Slow { get; set; } = Duration.FromSeconds(2);

    [ConfigKey("The status that an http service answers. Default: any from 200 to 399.", Min = "100", Max = "599", Example = "204")]
    public int? Status { get; set; }

    [ConfigKey("A text that an http service's answer contains in its first 64 KB.", Example = "ok")]
    public string? Contains { get; set; }

    [ConfigKey("A certificate that expires within this time is degraded.", Min = "1h", Max = "365d")]
    public Duration Expiry { get; set; } = Duration.FromHours(24 * 14);

    [ConfigKey("The target for its uptime: the percentage of checks that find it working.", Min = "50", Max = "99.9999")]
    public double Uptime { get; set; } = 99.9;

    [ConfigKey("The target for its response time: the 95th percentile.", Min = "1ms", Max = "5m")]
    public Duration Latency { get; set; } = Duration.FromSeconds(1);
}

/// <summary>How a service is checked.</summary>
public enum ServiceKind
{
    /// <summary>A GET request is answered with the expected status.</summary>
    Http,

    /// <summary>A connection is accepted.</summary>
    Tcp,

    /// <summary>The certificate is valid, for a while yet.</summary>
    Tls,

    /// <summary>The name has an address.</summary>
    Dns,
}
