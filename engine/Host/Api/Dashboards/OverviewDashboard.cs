using System.Text.Json.Serialization;

namespace CartRecovery.Host.Api.Dashboards;

/// <summary>The state of everything at a glance.</summary>
/// <param name="Health">Health.</param>
/// <param name="Alerts">Alerts that fire.</param>
/// <param name="Incidents">Incidents that are neither resolved nor closed.</param>
/// <param name="Metrics">Means of the last hour.</param>
/// <param name="Timestamp">When it was made.</param>
sealed record OverviewDashboard(OverviewHealth Health, OverviewAlerts Alerts, int Incidents, IReadOnlyList<OverviewMetric> Metrics, DateTimeOffset Timestamp);

/// <summary>Health at a glance.</summary>
/// <param name="Status">The worst of the engine's parts and the shop's services: `healthy`, `degraded` or `unhealthy`.</param>
/// <param name="Parts">The engine's parts.</param>
/// <param name="Services">The shop's services.</param>
/// <param name="Impaired">The parts and services that are not healthy.</param>
sealed record OverviewHealth(string Status, int Parts, int Services, IReadOnlyList<string> Impaired);

/// <summary>Alerts that fire, by severity.</summary>
/// <param name="Total">All, also those of other severities.</param>
/// <param name="Critical">Those with the severity `critical` or `page`.</param>
/// <param name="Warning">Those with the severity `warning`.</param>
/// <param name="Acknowledged">Those that somebody takes care of.</param>
sealed record OverviewAlerts(int Total, int Critical, int Warning, int Acknowledged);

/// <summary>The mean of a figure.</summary>
/// <param name="MetricName">What it is.</param>
/// <param name="ServiceName">Whose it is.</param>
/// <param name="AvgValue">The mean of the last hour; null without samples.</param>
sealed record OverviewMetric(
    [property: JsonPropertyName("metric_name")] string MetricName, [property: JsonPropertyName("service_name")] string ServiceName,
    [property: JsonPropertyName("avg_value")] double? AvgValue);
