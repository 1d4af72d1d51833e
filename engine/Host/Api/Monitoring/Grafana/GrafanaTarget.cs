namespace CartRecovery.Host.Api.Monitoring.Grafana;

/// <summary>A query of a Grafana panel.</summary>
/// <param name="Query">PromQL: a metric's name is one.</param>
/// <param name="RefId">The panel's name for it.</param>
/// <param name="IsTable">Whether the panel wants the last values as a table.</param>
sealed record GrafanaTarget(string Query, string? RefId, bool IsTable);
