using System.Text.Json.Serialization;

namespace CartRecovery.Host.Api.Alerts.Prometheus;

/// <summary>A rule.</summary>
sealed record PrometheusRule
{
    /// <summary>Of an alert rule: `inactive`, `pending` or `firing`.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? State { get; init; }

    /// <summary>The alert's name, or the recorded metric.</summary>
    public required string Name { get; init; }

    /// <summary>The expression.</summary>
    public required string Query { get; init; }

    /// <summary>Of an alert rule: `for`, in seconds.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? Duration { get; init; }

    /// <summary>Of an alert rule: `keep_firing_for`, in seconds.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? KeepFiringFor { get; init; }

    /// <summary>The labels that the rule adds, with their templates.</summary>
    public required IReadOnlyDictionary<string, string> Labels { get; init; }

    /// <summary>Of an alert rule: the texts, with their templates.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyDictionary<string, string>? Annotations { get; init; }

    /// <summary>Of an alert rule: the pending and firing alerts.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<PrometheusAlert>? Alerts { get; init; }

    /// <summary>`unknown`, `ok` or `err`.</summary>
    public required string Health { get; init; }

    /// <summary>Why the latest evaluation failed.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? LastError { get; init; }

    /// <summary>How long the latest evaluation took, in seconds.</summary>
    public required double EvaluationTime { get; init; }

    /// <summary>When it was.</summary>
    public required DateTimeOffset LastEvaluation { get; init; }

    /// <summary>`alerting` or `recording`.</summary>
    public required string Type { get; init; }
}
