using CartRecovery.Engine.Configuration.Values;

namespace CartRecovery.Engine.Configuration;

/// <summary>The retention of rejected events.</summary>
public sealed class DeadLettersConfig
{
    [ConfigKey("Maximum size on disk. The oldest are deleted first.", Min = "16MB", Max = "1TB")]
    public ByteSize Size { get; set; } = ByteSize.FromMegabytes(256);

    [ConfigKey("How long a dead letter is kept.", Min = "1h", Max = "3650d")]
    public Duration Age { get; set; } = Duration.FromHours(30 * 24);
}
