using CartRecovery.Engine.Monitoring.Alerts;
using CartRecovery.Engine.Telemetry;
using CartRecovery.Host.Alerting;

namespace CartRecovery.Host.Composition.Telemetry;

/// <summary>Declares the metrics of alerting.</summary>
static class AlertMetrics
{
    static readonly double[] s_bounds = [0.001, 0.005, 0.025, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

    public static void Declare(MetricRegistry registry, AlertingService alerting)
    {
        var (rules, alerts) = (alerting.Rules, alerting.Alerts);
        var seconds = registry.Histogram("cartrecovery_rule_evaluation_seconds", "How long the evaluation of a rule group took, in seconds", s_bounds);
        rules.OnEvaluated = seconds.Observe;
        registry.Counter("cartrecovery_rule_evaluations_total", "Evaluated alert and recording rules", () => rules.Counters.Evaluations);
        registry.Counter("cartrecovery_rule_evaluation_failures_total", "Alert and recording rules whose evaluation failed", () => rules.Counters.Failures);
        registry.Counter("cartrecovery_rule_evaluations_missed_total",
            "Evaluations of rule groups that were left out because one before took longer than the interval", () => rules.Counters.Missed);
        registry.Gauge("cartrecovery_rule_alerts", "Alerts of the engine's rules, by state", ["state"], () => new[] { AlertState.Pending, AlertState.Firing }.Select(state => new Sample(
            rules.Groups.Sum(group => group.Rules.Sum(rule => rule.Alerts.Count(alert => alert.State == state))), state == AlertState.Firing ? "firing" : "pending")));
        registry.Gauge("cartrecovery_alerts_firing", "Alerts that fire, also those of other programs", () => alerts.Firing);
        registry.Counter("cartrecovery_alerts_dropped_total", "Alerts that were not taken because there were too many", () => alerts.Dropped);
        registry.Counter("cartrecovery_alert_notices_total", "Notices of alerts, by the kind of integration and whether they were delivered, failed, or deferred by a bound",
            ["integration", "outcome"], () => alerts.Counts.Select(one => new Sample(one.Value, one.Key.Kind, one.Key.Outcome)));
        registry.Counter("cartrecovery_alertmanager_alerts_total", "Alerts sent to Alertmanagers, by whether they were taken", ["alertmanager", "outcome"],
            () => alerting.Forwarder.Clients.SelectMany(client => new[] { new Sample(client.Sent, client.Name, "sent"), new Sample(client.Failed, client.Name, "failed") }));
    }
}
