namespace CartRecovery.Host.Api.Alerts.Prometheus;

/// <summary>Prometheus' answer with rules.</summary>
/// <param name="Status">`success`.</param>
/// <param name="Data">The groups.</param>
sealed record PrometheusRules(string Status, PrometheusGroups Data);
