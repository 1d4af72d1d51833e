namespace CartRecovery.Host.Api.Monitoring.Grafana;

/// <summary>A value to choose.</summary>
/// <param name="Text">The value.</param>
sealed record GrafanaValue(string Text);
