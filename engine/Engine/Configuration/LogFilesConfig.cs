using CartRecovery.Engine.Configuration.Values;

namespace CartRecovery.Engine.Configuration;

/// <summary>The log's files in the data folder.</summary>
public sealed class LogFilesConfig
{
    [ConfigKey("false: lines go to standard error alone, and 'GET /v1/logs' has none.")]
    public bool Enabled { get; set; } = true;

    [ConfigKey("How long lines are kept.", Min = "1h", Max = "3650d")]
    public Duration Age { get; set; } = Duration.FromHours(14 * 24);

    [ConfigKey("Maximum size of the files together; the oldest is deleted first.", Min = "32MB", Max = "1TB")]
    public ByteSize Size { get; set; } = ByteSize.FromMegabytes(256);
}
