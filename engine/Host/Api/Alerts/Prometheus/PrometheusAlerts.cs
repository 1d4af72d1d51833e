namespace CartRecovery.Host.Api.Alerts.Prometheus;

/// <summary>The pending and firing alerts.</summary>
/// <param name="Alerts">The alerts.</param>
sealed record PrometheusAlerts(IReadOnlyList<PrometheusAlert> Alerts);
