namespace CartRecovery.Host.Api.Monitoring.Grafana;

/// <summary>A metric to choose.</summary>
/// <param name="Label">Its name and what it measures.</param>
/// <param name="Value">Its name.</param>
sealed record GrafanaMetric(string Label, string Value);
