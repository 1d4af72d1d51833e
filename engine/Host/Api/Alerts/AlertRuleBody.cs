using System.Text.Json.Serialization;

namespace CartRecovery.Host.Api.Alerts;

/// <summary>A rule: a metric with a condition and a threshold, or an expression. In a change, fields that are absent stay as they are.</summary>
sealed record AlertRuleBody
{
    /// <summary>The alert's name.</summary>
    [JsonPropertyName("rule_name")]
    public string? RuleName { get; init; }

    /// <summary>The metric, or a PromQL expression, that is compared with the threshold.</summary>
    [JsonPropertyName("metric_name")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? MetricName { get; init; }

    /// <summary>One of `>`, `>=`, `&lt;`, `&lt;=`, `==`, `!=`.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Condition { get; init; }

    /// <summary>The threshold.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? Threshold { get; init; }

    /// <summary>A PromQL expression, instead of the metric, condition and threshold.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Expression { get; init; }

    /// <summary>For how many seconds the condition must hold before the alert fires.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public long? Duration { get; init; }

    /// <summary>For how many seconds the alert goes on firing without its condition.</summary>
    [JsonPropertyName("keep_firing_for")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public long? KeepFiringFor { get; init; }

    /// <summary>By how much the value must pass the threshold back before the alert resolves.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? Hysteresis { get; init; }

    /// <summary>What happens without data: `resolve`, `keep` or `fire`.</summary>
    [JsonPropertyName("no_data")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? NoData { get; init; }

    /// <summary>The severity: `info`, `warning` or `critical`.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Severity { get; init; }

    /// <summary>The address of the runbook.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Runbook { get; init; }

    /// <summary>Further labels.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyDictionary<string, string>? Labels { get; init; }

    /// <summary>Texts: `summary`, `description`.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyDictionary<string, string>? Annotations { get; init; }

    /// <summary>Receivers of the routing file that get the notices. Default: as its routes say.</summary>
    [JsonPropertyName("notification_channels")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<string>? NotificationChannels { get; init; }

    /// <summary>How often the rule is evaluated, in seconds; 30 by default.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public long? Interval { get; init; }

    /// <summary>Whether the rule is evaluated.</summary>
    public bool? Enabled { get; init; }

    /// <summary>Returns this rule with the fields of a change that are there. An expression replaces a metric, and the other way round.</summary>
    public AlertRuleBody With(AlertRuleBody change) => new()
    {
        RuleName = change.RuleName ?? RuleName,
        MetricName = change.Expression is null ? change.MetricName ?? MetricName : change.MetricName,
        Condition = change.Expression is null ? change.Condition ?? Condition : change.Condition,
        Threshold = change.Expression is null ? change.Threshold ?? Threshold : change.Threshold,
        Expression = change.MetricName is null ? change.Expression ?? Expression : change.Expression,
        Duration = change.Duration ?? Duration,
        KeepFiringFor = change.KeepFiringFor ?? KeepFiringFor,
        Hysteresis = change.Hysteresis ?? Hysteresis,
        NoData = change.NoData ?? NoData,
        Severity = change.Severity ?? Severity,
        Runbook = change.Runbook ?? Runbook,
        Labels = change.Labels ?? Labels,
        Annotations = change.Annotations ?? Annotations,
        NotificationChannels = change.NotificationChannels ?? NotificationChannels,
        Interval = change.Interval ?? Interval,
        Enabled = change.Enabled ?? Enabled,
    };
}
