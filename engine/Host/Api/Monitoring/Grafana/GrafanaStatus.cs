namespace CartRecovery.Host.Api.Monitoring.Grafana;

/// <summary>The data source works.</summary>
/// <param name="Status">ok.</param>
sealed record GrafanaStatus(string Status);
