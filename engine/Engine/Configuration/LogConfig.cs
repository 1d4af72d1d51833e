namespace CartRecovery.Engine.Configuration;

/// <summary>Logging.</summary>
public sealed class LogConfig
{
    [ConfigKey("Minimum severity of messages to log.", Reloads = true)]
    public LogThreshold Level { get; set; } = LogThreshold.Information;

    [ConfigKey("The format of the lines on standard error: text for people, json for collectors. Default: text on a terminal, else json.", Example = "json")]
    public LogFormat? Format { get; set; }

    [ConfigKey("The same lines as JSON in files of the data folder, which 'GET /v1/logs' searches.")]
    public LogFilesConfig Files { get; set; } = new();
}

/// <summary>Formats of log lines.</summary>
public enum LogFormat
{
    /// <summary>A line of text.</summary>
    Text,

    /// <summary>A JSON object on a line.</summary>
    Json,
}
