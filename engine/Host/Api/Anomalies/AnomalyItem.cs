using System.Globalization;
using System.Text.Json.Serialization;
using CartRecovery.Engine.Monitoring.Alerts;
using CartRecovery.Engine.Monitoring.Incidents;
using CartRecovery.Host.Api.Alerts;
using CartRecovery.Host.Api.Incidents;

namespace CartRecovery.Host.Api.Anomalies;

/// <summary>Something unusual: an alert, a finding of a job about a store, or a report of a person.</summary>
sealed record AnomalyItem
{
    /// <summary>The start of the id of a report; the incident's number follows.</summary>
    public const string ReportPrefix = "report-";

    /// <summary>The id: of the alert, `report-` and the incident's number, or `drift-` or `data_quality-` and the store.</summary>
    public required string Id { get; init; }

    /// <summary>`alert`, `drift`, `data_quality` or `report`.</summary>
    public required string Kind { get; init; }

    /// <summary>What is unusual.</summary>
    public required string Title { get; init; }

    /// <summary>More about it.</summary>
    public string? Description { get; init; }

    /// <summary>The severity.</summary>
    public required string Severity { get; init; }

    /// <summary>`active`, `acknowledged`, `investigating`, `resolved` or `closed`.</summary>
    public required string Status { get; init; }

    /// <summary>What it is about: the service or the store.</summary>
    public string? Source { get; init; }

    /// <summary>The value, if there is one.</summary>
    public double? Value { get; init; }

    /// <summary>Since when.</summary>
    [JsonPropertyName("detected_at")]
    public required DateTimeOffset DetectedAt { get; init; }

    /// <summary>When it ended.</summary>
    [JsonPropertyName("resolved_at")]
    public DateTimeOffset? ResolvedAt { get; init; }

    /// <summary>Who takes care of it.</summary>
    [JsonPropertyName("acknowledged_by")]
    public string? AcknowledgedBy { get; init; }

    /// <summary>Who reported it.</summary>
    [JsonPropertyName("reported_by")]
    public string? ReportedBy { get; init; }

    /// <summary>The page that says what to do.</summary>
    public string? Runbook { get; init; }

    /// <summary>What happened to a report, in order; only for a single one.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<IncidentEntryItem>? Timeline { get; init; }

    /// <summary>Describes an alert.</summary>
    public static AnomalyItem Of(AlertOccurrence alert)
    {
        var item = AlertItem.Of(alert, threshold: null);
        return new AnomalyItem
        {
            Id = item.Id,
            Kind = "alert",
            Title = item.Title,
            Description = item.Description,
            Severity = item.Severity ?? "warning",
            Status = item.ResolvedAt is not null ? "resolved" : item.Acknowledged ? "acknowledged" : "active",
            Source = item.Service,
            Value = item.Value,
            DetectedAt = item.StartedAt,
            ResolvedAt = item.ResolvedAt,
            AcknowledgedBy = item.AcknowledgedBy,
            Runbook = item.Runbook,
        };
    }

    /// <summary>Describes a person's report.</summary>
    /// <param name="incident">The incident that was created for it.</param>
    /// <param name="timeline">Its timeline, which begins with what the person wrote.</param>
    public static AnomalyItem Of(Incident incident, IReadOnlyList<IncidentEntry> timeline) => new()
    {
        Id = string.Create(CultureInfo.InvariantCulture, $"{ReportPrefix}{incident.Id}"),
        Kind = "report",
        Title = incident.Title,
        Description = timeline.FirstOrDefault(entry => entry.Kind == "note" && entry.At == incident.StartedAt)?.Text,
        Severity = incident.Severity,
        Status = incident.State == IncidentState.Open ? "active" : IncidentStore.NameOf(incident.State),
        Source = incident.Affected is [var first, ..] ? first : null,
        DetectedAt = AlertIds.Time(incident.StartedAt),
        ResolvedAt = incident.ResolvedAt is { } resolved ? AlertIds.Time(resolved) : null,
        ReportedBy = incident.CreatedBy,
    };
}
