namespace CartRecovery.Host.Api.Alerts.Prometheus;

/// <summary>The groups of rules.</summary>
/// <param name="Groups">In the order of their files and names.</param>
sealed record PrometheusGroups(IReadOnlyList<PrometheusGroup> Groups);
