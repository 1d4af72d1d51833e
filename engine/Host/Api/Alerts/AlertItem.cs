using System.Globalization;
using System.Text.Json.Serialization;
using CartRecovery.Engine.Monitoring.Alerts;

namespace CartRecovery.Host.Api.Alerts;

/// <summary>An alert that fires or did.</summary>
sealed record AlertItem
{
    /// <summary>The id of this firing; the next one has another.</summary>
    public required string Id { get; init; }

    /// <summary>The rule's id; null for an alert of another program.</summary>
    [JsonPropertyName("rule_id")]
    public string? RuleId { get; init; }

    /// <summary>The summary, or else the alert's name.</summary>
    public required string Title { get; init; }

    /// <summary>The alert's name.</summary>
    public required string Name { get; init; }

    /// <summary>The description.</summary>
    public string? Description { get; init; }

    /// <summary>The severity.</summary>
    public string? Severity { get; init; }

    /// <summary>`firing` or `resolved`.</summary>
    public required string State { get; init; }

    /// <summary>The service.</summary>
    public string? Service { get; init; }

    /// <summary>The latest value of the expression.</summary>
    public double? Value { get; init; }

    /// <summary>The threshold that it is compared with.</summary>
    public double? Threshold { get; init; }

    /// <summary>When it fired.</summary>
    [JsonPropertyName("started_at")]
    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>When it was resolved.</summary>
    [JsonPropertyName("resolved_at")]
    public DateTimeOffset? ResolvedAt { get; init; }

    /// <summary>Who resolved it; null if its rule did.</summary>
    [JsonPropertyName("resolved_by")]
    public string? ResolvedBy { get; init; }

    /// <summary>What they wrote.</summary>
    [JsonPropertyName("resolution_note")]
    public string? ResolutionNote { get; init; }

    /// <summary>Whether somebody has acknowledged it.</summary>
    public required bool Acknowledged { get; init; }

    /// <summary>Who.</summary>
    [JsonPropertyName("acknowledged_by")]
    public string? AcknowledgedBy { get; init; }

    /// <summary>When.</summary>
    [JsonPropertyName("acknowledged_at")]
    public DateTimeOffset? AcknowledgedAt { get; init; }

    /// <summary>The page that says what to do.</summary>
    public string? Runbook { get; init; }

    /// <summary>The labels.</summary>
    public required IReadOnlyDictionary<string, string> Labels { get; init; }

    /// <summary>The texts.</summary>
    public required IReadOnlyDictionary<string, string> Annotations { get; init; }

    /// <summary>The fingerprint of the labels, as Alertmanager has it.</summary>
    public required string Fingerprint { get; init; }

    /// <summary>What happened, in order; only for a single alert.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<AlertTransitionItem>? Transitions { get; init; }

    /// <summary>Describes an alert.</summary>
    /// <param name="alert">The alert.</param>
    /// <param name="threshold">The threshold of its rule.</param>
    public static AlertItem Of(AlertOccurrence alert, double? threshold) => new()
    {
        Id = alert.Id,
        RuleId = alert.Rule.Length == 0 ? null : alert.Rule.StartsWith("api/", StringComparison.Ordinal) ? alert.Rule["api/".Length..].Split(';')[0] : AlertIds.OfRule(alert.Rule),
        Title = Text(alert.Annotations["summary"]) ?? alert.Name,
        Name = alert.Name,
        Description = Text(alert.Annotations["description"]),
        Severity = Text(alert.Labels["severity"]),
        State = alert.ResolvedAt is null ? "firing" : "resolved",
        Service = Text(alert.Labels["service"]),
        Value = double.IsFinite(alert.Value) ? alert.Value : null,
        Threshold = threshold is { } number && double.IsFinite(number) ? number : null,
        StartedAt = AlertIds.Time(alert.StartedAt),
        ResolvedAt = alert.ResolvedAt is { } resolved ? AlertIds.Time(resolved) : null,
        ResolvedBy = alert.ResolvedBy,
        ResolutionNote = alert.Note,
        Acknowledged = alert.AcknowledgedAt is not null,
        AcknowledgedBy = alert.AcknowledgedBy,
        AcknowledgedAt = alert.AcknowledgedAt is { } acknowledged ? AlertIds.Time(acknowledged) : null,
        Runbook = Text(alert.Annotations["runbook_url"]),
        Labels = AlertIds.Map(alert.Labels),
        Annotations = AlertIds.Map(alert.Annotations),
        Fingerprint = LabelText.Fingerprint(alert.Labels).ToString("x16", CultureInfo.InvariantCulture),
    };

    static string? Text(string text) => text.Length == 0 ? null : text;
}
