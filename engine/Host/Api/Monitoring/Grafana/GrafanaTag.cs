namespace CartRecovery.Host.Api.Monitoring.Grafana;

/// <summary>A label of metrics.</summary>
/// <param name="Type">string.</param>
/// <param name="Text">The name.</param>
sealed record GrafanaTag(string Type, string Text);
