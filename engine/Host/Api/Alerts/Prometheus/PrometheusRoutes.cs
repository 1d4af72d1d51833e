using CartRecovery.Engine.ControlPlane.Users;
using CartRecovery.Engine.Monitoring.Alerts;
using CartRecovery.Engine.Monitoring.Rules;
using CartRecovery.Engine.Monitoring.Templates;
using CartRecovery.Host.Alerting;
using CartRecovery.Host.Api.Access;
using CartRecovery.Host.Api.Documentation;
using CartRecovery.Host.Api.Requests;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace CartRecovery.Host.Api.Alerts.Prometheus;

/// <summary>Prometheus' <c>/api/v1/rules</c> and <c>/api/v1/alerts</c>.</summary>
static class PrometheusRoutes
{
    static readonly QueryParameter<string> s_type = QueryParameters.Choice("type", "Only rules of this kind: `alert` or `record`.", ["alert", "record"], @default: null);

    public static void Map(IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/api/v1").WithTags(ApiTags.Alerts).RequireAuthorization(AccessPolicies.User).WithMetadata(new RequiredPermission(Permission.AlertsRead));
        group.MapGet("/rules", Rules)
            .Describe("prometheusRules", "List rules as Prometheus does", "Rule groups with the health of their rules and their alerts, in the shape of Prometheus' API.").Query(s_type);
        group.MapGet("/alerts", Alerts)
            .Describe("prometheusAlerts", "List alerts as Prometheus does", "Pending and firing alerts of the engine's rules, in the shape of Prometheus' API.");
    }

    static Ok<PrometheusRules> Rules(RequestQuery query, AlertingService alerting)
    {
        var type = query.Of(s_type);
        return TypedResults.Ok(new PrometheusRules("success", new PrometheusGroups([.. alerting.Rules.Groups.Select(group => GroupOf(group, type)).Where(group => type is null || group.Rules.Count > 0)])));
    }

    static Ok<PrometheusAlertsAnswer> Alerts(AlertingService alerting) => TypedResults.Ok(new PrometheusAlertsAnswer("success",
        new PrometheusAlerts([.. alerting.Rules.Groups.SelectMany(group => group.Rules).SelectMany(rule => rule.Alerts).Select(AlertOf)])));

    static PrometheusGroup GroupOf(RuleGroupStatus status, string? type) => new(
        status.Group.Name, status.Group.File, [.. status.Rules.Where(rule => type is null || (rule.Rule is AlertRule) == (type == "alert")).Select(RuleOf)],
        status.Group.Interval / 1000.0, status.Group.Limit, status.Duration.TotalSeconds, TimeOf(status.LastEvaluation));

    static PrometheusRule RuleOf(RuleStatus status)
    {
        var alert = status.Rule as AlertRule;
        return new PrometheusRule
        {
            State = alert is null ? null : AlertIds.NameOf(status.State),
            Name = status.Rule.Name,
            Query = status.Rule.Query.Text,
            Duration = alert?.For / 1000.0,
            KeepFiringFor = alert?.KeepFiringFor / 1000.0,
            Labels = alert is null ? Map(((RecordingRule)status.Rule).Labels) : Map(alert.Labels.Select(label => KeyValuePair.Create(label.Key, label.Value.Text))),
            Annotations = alert is null ? null : Map(alert.Annotations.Select(text => KeyValuePair.Create(text.Key, text.Value.Text))),
            Alerts = alert is null ? null : [.. status.Alerts.Select(AlertOf)],
            Health = status.Health.Text,
            LastError = status.Health.Error,
            EvaluationTime = status.Health.Duration.TotalSeconds,
            LastEvaluation = TimeOf(status.Health.LastEvaluation),
            Type = alert is null ? "recording" : "alerting",
        };
    }

    static PrometheusAlert AlertOf(AlertStatus alert) => new(AlertIds.Map(alert.Labels), AlertIds.Map(alert.Annotations), AlertIds.NameOf(alert.State),
        AlertIds.Time(alert.ActiveAt), Value(alert.Value), alert.KeepFiringSince == 0 ? null : AlertIds.Time(alert.KeepFiringSince));

    // A later label of the same name counts.
    static Dictionary<string, string> Map(IEnumerable<KeyValuePair<string, string>> labels)
    {
        Dictionary<string, string> map = new(StringComparer.Ordinal);
        foreach (var (name, value) in labels)
        {
            map[name] = value;
        }

        return map;
    }

    static string Value(double value) => double.IsNaN(value) ? "NaN" : double.IsInfinity(value) ? value > 0 ? "+Inf" : "-Inf"
        : GoNumber.Exponent(value);

    // Go's zero time, for never.
    static DateTimeOffset TimeOf(long milliseconds) => milliseconds == 0 ? DateTimeOffset.MinValue : AlertIds.Time(milliseconds);
}
