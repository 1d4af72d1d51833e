namespace CartRecovery.Engine.Configuration;

/// <summary>The history of metrics, and alerts.</summary>
public sealed class MonitoringConfig
{
    [ConfigKey("Alert rules and where their notices go.")]
    public AlertsConfig Alerts { get; set; } = new();
}
