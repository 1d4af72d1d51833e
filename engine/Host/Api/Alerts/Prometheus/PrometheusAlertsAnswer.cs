namespace CartRecovery.Host.Api.Alerts.Prometheus;

/// <summary>Prometheus' answer with alerts.</summary>
/// <param name="Status">`success`.</param>
/// <param name="Data">The alerts.</param>
sealed record PrometheusAlertsAnswer(string Status, PrometheusAlerts Data);
