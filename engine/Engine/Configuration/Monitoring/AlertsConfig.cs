namespace CartRecovery.Engine.Configuration.Monitoring;

/// <summary>Alert rules and where their notices go.</summary>
public sealed class AlertsConfig
{
    [ConfigKey("Rule files, as Prometheus reads them, relative to the configuration file. Changes of the files take effect within 15 seconds.", Max = "256",
        Example = "[prometheus/alerts.yml]")]
    public List<string> Rules { get; set; } = [];

    [ConfigKey("Names of alerts of these files that are not evaluated, so that a shipped file need not be edited.", Max = "1000", Example = "[CartRecoveryCpuHigh]")]
    public List<string> Disabled { get; set; } = [];

    [ConfigKey("Routes and receivers: a file in Alertmanager's format, relative to the configuration file. Default: all notices go to control.notices.",
        Example = "alertmanager.yml")]
    public string? Routing { get; set; }

    [ConfigKey("Who is on call, and whom alerts escalate to that nobody acknowledges: a file, relative to the configuration file. Default: none do.", Example = "on-call.yml")]
    public string? OnCall { get; set; }

    [ConfigKey("The address under which people reach this engine, for links in notices.", Example = "https://alerts.shop.example")]
    public string? ExternalUrl { get; set; }

    [ConfigKey("Alertmanagers that receive the alerts of the rules, beside the notices of 'routing'.", Max = "16", Example = "[{ url: \"http://127.0.0.1:9093\" }]")]
    public List<AlertmanagerTargetConfig> Alertmanagers { get; set; } = [];
}
