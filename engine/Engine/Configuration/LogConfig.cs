namespace CartRecovery.Engine.Configuration;

/// <summary>Logging.</summary>
public sealed class LogConfig
{
    [ConfigKey("Minimum severity of messages to log.", Reloads = true)]
    public LogThreshold Level { get; set; } = LogThreshold.Information;
}
