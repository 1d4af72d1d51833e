using System.Globalization;
using System.Text.Json.Serialization;
using CartRecovery.Engine.Monitoring.Incidents;
using CartRecovery.Host.Api.Alerts;

namespace CartRecovery.Host.Api.Incidents;

/// <summary>An incident.</summary>
sealed record IncidentItem
{
    /// <summary>The number.</summary>
    public required string Id { get; init; }

    /// <summary>The title.</summary>
    public required string Title { get; init; }

    /// <summary>The severity.</summary>
    public required string Severity { get; init; }

    /// <summary>`open`, `investigating`, `resolved` or `closed`.</summary>
    public required string Status { get; init; }

    /// <summary>The parts that are affected.</summary>
    [JsonPropertyName("affected_services")]
    public required IReadOnlyList<string> AffectedServices { get; init; }

    /// <summary>When it began.</summary>
    [JsonPropertyName("detected_at")]
    public required DateTimeOffset DetectedAt { get; init; }

    /// <summary>When somebody first took care of it.</summary>
    [JsonPropertyName("investigated_at")]
    public DateTimeOffset? InvestigatedAt { get; init; }

    /// <summary>When it was resolved.</summary>
    [JsonPropertyName("resolved_at")]
    public DateTimeOffset? ResolvedAt { get; init; }

    /// <summary>When it was closed.</summary>
    [JsonPropertyName("closed_at")]
    public DateTimeOffset? ClosedAt { get; init; }

    /// <summary>What caused it.</summary>
    [JsonPropertyName("root_cause")]
    public string? RootCause { get; init; }

    /// <summary>Pages about it.</summary>
    public required IReadOnlyList<string> Links { get; init; }

    /// <summary>Who created it; null for alerts.</summary>
    [JsonPropertyName("created_by")]
    public string? CreatedBy { get; init; }

    /// <summary>What happened, in order; only for a single incident.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<IncidentEntryItem>? Timeline { get; init; }

    /// <summary>Describes an incident.</summary>
    public static IncidentItem Of(Incident incident) => new()
    {
        Id = incident.Id.ToString(CultureInfo.InvariantCulture),
        Title = incident.Title,
        Severity = incident.Severity,
        Status = IncidentStore.NameOf(incident.State),
        AffectedServices = incident.Affected,
        DetectedAt = AlertIds.Time(incident.StartedAt),
        InvestigatedAt = Time(incident.InvestigatedAt),
        ResolvedAt = Time(incident.ResolvedAt),
        ClosedAt = Time(incident.ClosedAt),
        RootCause = incident.RootCause,
        Links = incident.Links,
        CreatedBy = incident.CreatedBy,
    };

    static DateTimeOffset? Time(long? at) => at is { } time ? AlertIds.Time(time) : null;
}
