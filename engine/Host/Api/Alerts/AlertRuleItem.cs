using System.Text.Json.Serialization;
using CartRecovery.Engine.Monitoring.Alerts;
using CartRecovery.Engine.Monitoring.Query.Syntax;
using CartRecovery.Engine.Monitoring.Rules;
using CartRecovery.Host.Alerting;

namespace CartRecovery.Host.Api.Alerts;

/// <summary>An alert rule.</summary>
sealed record AlertRuleItem
{
    /// <summary>The id.</summary>
    public required string Id { get; init; }

    /// <summary>The alert's name.</summary>
    [JsonPropertyName("rule_name")]
    public required string RuleName { get; init; }

    /// <summary>What is compared with the threshold; null for an expression without one.</summary>
    [JsonPropertyName("metric_name")]
    public string? MetricName { get; init; }

    /// <summary>The comparison.</summary>
    public string? Condition { get; init; }

    /// <summary>The threshold.</summary>
    public double? Threshold { get; init; }

    /// <summary>The whole expression, in PromQL.</summary>
    public required string Expression { get; init; }

    /// <summary>For how many seconds the condition must hold.</summary>
    public double Duration { get; init; }

    /// <summary>The severity.</summary>
    public string? Severity { get; init; }

    /// <summary>Whether the rule is evaluated.</summary>
    public required bool Enabled { get; init; }

    /// <summary>`file`: only a change of the file changes the rule; or `api`.</summary>
    public required string Source { get; init; }

    /// <summary>The file and the group of a rule of a file.</summary>
    public string? Group { get; init; }

    /// <summary>The state: `inactive`, `pending` or `firing`.</summary>
    public required string State { get; init; }

    /// <summary>How the latest evaluation went: `unknown`, `ok` or `err`.</summary>
    public required string Health { get; init; }

    /// <summary>Why it failed.</summary>
    [JsonPropertyName("last_error")]
    public string? LastError { get; init; }

    /// <summary>When it was.</summary>
    [JsonPropertyName("last_evaluation")]
    public DateTimeOffset? LastEvaluation { get; init; }

    /// <summary>The rule as it was created; null for a rule of a file.</summary>
    public AlertRuleBody? Rule { get; init; }

    /// <summary>Who created it.</summary>
    [JsonPropertyName("created_by")]
    public string? CreatedBy { get; init; }

    /// <summary>When.</summary>
    [JsonPropertyName("created_at")]
    public DateTimeOffset? CreatedAt { get; init; }

    /// <summary>Who changed it last.</summary>
    [JsonPropertyName("updated_by")]
    public string? UpdatedBy { get; init; }

    /// <summary>When.</summary>
    [JsonPropertyName("updated_at")]
    public DateTimeOffset? UpdatedAt { get; init; }

    /// <summary>Describes a rule of a file.</summary>
    public static AlertRuleItem Of(RuleGroupStatus group, RuleStatus status, AlertRule rule) =>
        Of(AlertIds.OfRule($"{group.Group.Key};{rule.Name}"), rule, status) with { Source = "file", Group = group.Group.Key };

    /// <summary>Describes a rule of the API.</summary>
    /// <param name="rule">The rule.</param>
    /// <param name="status">Its status; null if it has not been evaluated yet.</param>
    public static AlertRuleItem Of(ManagedRule rule, RuleStatus? status)
    {
        var body = RuleDocument.BodyOf(rule);
        var read = RuleDocument.Read(rule.Id, body).Groups.SelectMany(group => group.Rules).OfType<AlertRule>().FirstOrDefault();
        var item = read is null ? new AlertRuleItem
        {
            Id = rule.Id,
            RuleName = body.RuleName ?? "",
            Expression = body.Expression ?? "",
            Enabled = false,
            Source = "api",
            State = "inactive",
            Health = "err",
            LastError = "this version cannot read the rule",
        } : Of(rule.Id, read, status);
        return item with
        {
            MetricName = body.MetricName ?? item.MetricName,
            Severity = body.Severity,
            Rule = body,
            CreatedBy = rule.CreatedBy,
            CreatedAt = AlertIds.Time(rule.CreatedAt),
            UpdatedBy = rule.UpdatedBy,
            UpdatedAt = AlertIds.Time(rule.UpdatedAt),
        };
    }

    /// <summary>The comparison of a rule with a number; nulls if it is none.</summary>
    public static (string? Metric, string? Condition, double? Threshold) ComparisonOf(AlertRule rule)
    {
        if (rule.Query.Root is not BinaryOperation { IsComparison: true } comparison || NumberOf(comparison.Right) is not { } threshold)
        {
            return default;
        }

        var before = rule.Query.Text[..comparison.Right.Position].TrimEnd('-', ' ', '\n', '\t');
        var condition = new[] { ">=", "<=", "==", "!=", ">", "<" }.FirstOrDefault(before.EndsWith);
        return condition is null ? (null, null, threshold) : (before[..^condition.Length].Trim(), condition, threshold);
    }

    static double? NumberOf(PromExpression expression) => expression switch
    {
        NumberLiteral number => number.Value,
        Negation { Operand: NumberLiteral number } => -number.Value,
        _ => null,
    };

    static AlertRuleItem Of(string id, AlertRule rule, RuleStatus? status)
    {
        var (metric, condition, threshold) = ComparisonOf(rule);
        return new AlertRuleItem
        {
            Id = id,
            RuleName = rule.Name,
            MetricName = metric,
            Condition = condition,
            Threshold = threshold is { } number && double.IsFinite(number) ? number : null,
            Expression = rule.Query.Text,
            Duration = rule.For / 1000.0,
            Severity = rule.Labels.LastOrDefault(label => label.Key == "severity").Value?.Text,
            Enabled = rule.Enabled,
            Source = "api",
            State = AlertIds.NameOf(status?.State ?? AlertState.Inactive),
            Health = status?.Health.Text ?? "unknown",
            LastError = status?.Health.Error,
            LastEvaluation = status is { Health.LastEvaluation: > 0 } ? AlertIds.Time(status.Health.LastEvaluation) : null,
        };
    }
}
