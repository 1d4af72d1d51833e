using System.Text.Json.Serialization;
using CartRecovery.Engine.Configuration.Monitoring;
using CartRecovery.Engine.Monitoring.Services;
using CartRecovery.Host.Monitoring;

namespace CartRecovery.Host.Api.Health;

/// <summary>The state of a service of the shop, or of a part of the engine.</summary>
/// <param name="Service">The name.</param>
/// <param name="Kind">`http`, `tcp`, `tls` or `dns`; `part` for a part of the engine.</param>
/// <param name="Status">`healthy`, `degraded` or `unhealthy`; `unknown` before the first check.</param>
/// <param name="ResponseTime">Of a service: how long the last check took, in milliseconds.</param>
/// <param name="Detail">What was found.</param>
/// <param name="Error">What is wrong; absent if nothing is.</param>
/// <param name="Timestamp">When it was last checked.</param>
/// <param name="Since">Since when it has been in this state; absent if it has been since before the engine started to look.</param>
/// <param name="CertificateUntil">When its certificate expires.</param>
sealed record ServiceHealth(
    string Service, string Kind, string Status,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] double? ResponseTime = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Detail = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Error = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] DateTimeOffset? Timestamp = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] DateTimeOffset? Since = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] DateTimeOffset? CertificateUntil = null)
{
    /// <summary>Describes a service.</summary>
    public static ServiceHealth Of(MonitoredService service)
    {
        var last = service.Record.Last;
        return new ServiceHealth(service.Check.Name, NameOf(service.Check.Kind), HealthMonitor.NameOf(last?.Level), last is null ? null : Math.Round(last.Took.TotalMilliseconds, 1),
            last?.Level == ServiceLevel.Healthy ? last.Detail : null, last is null || last.Level == ServiceLevel.Healthy ? null : last.Detail, last?.At,
            service.Record.Changes is [.., var change] ? change.At : null, last?.CertificateUntil);
    }

    /// <summary>Describes a part.</summary>
    /// <param name="name">The part.</param>
    /// <param name="part">Its state now.</param>
    /// <param name="record">Its samples; <see langword="null"/> if there are none yet.</param>
    /// <param name="now">The present.</param>
    public static ServiceHealth Of(string name, PartHealth part, ServiceRecord? record, DateTimeOffset now)
    {
        var level = HealthMonitor.LevelOf(part.Status);
        return new ServiceHealth(name, "part", HealthMonitor.NameOf(level), null, level == ServiceLevel.Healthy ? part.Detail : null, level == ServiceLevel.Healthy ? null : part.Detail, now,
            record?.Changes is [.., var change] && change.Level == level ? change.At : null);
    }

    static string NameOf(ServiceKind kind) => kind switch
    {
        ServiceKind.Http => "http",
        ServiceKind.Tcp => "tcp",
        ServiceKind.Tls => "tls",
        _ => "dns",
    };
}

/// <summary>The state of a dependency.</summary>
/// <param name="Status">`healthy`, `degraded` or `unhealthy`.</param>
/// <param name="Error">What is wrong; absent if nothing is.</param>
sealed record DependencyHealth(string Status, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Error = null);

/// <summary>The state of the engine, its parts and the shop's services.</summary>
/// <param name="Status">The worst of all: `healthy`, `degraded` or `unhealthy`.</param>
/// <param name="Timestamp">Now.</param>
/// <param name="Version">The engine's version.</param>
/// <param name="Uptime">How long the engine has run, in seconds.</param>
/// <param name="Parts">The engine's parts.</param>
/// <param name="Services">The shop's services.</param>
sealed record DetailedHealth(
    string Status, DateTimeOffset Timestamp, string Version, double Uptime, IReadOnlyList<ServiceHealth> Parts, IReadOnlyList<ServiceHealth> Services);
