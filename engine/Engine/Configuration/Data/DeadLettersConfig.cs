using CartRecovery.Engine.Configuration.Values;

namespace CartRecovery.Engine.Configuration.Data;

/// <summary>The retention of rejected events.</summary>
public sealed class DeadLettersConfig
{
    [ConfigKey("Maximum size on disk. The store and kind of key with the most lose their oldest letters first.", Min = "16MB", Max = "1TB")]
    public ByteSize Size { get; set; } = ByteSize.FromMegabytes(256);

    [ConfigKey("How many bytes of the rejected events of a store's publishable keys are kept for each error code. What exceeds it is counted. "
        + "The events of secret keys are all kept.")]
    public TokenRate Rate { get; set; } = new(4 << 10, 256 << 10);

    [ConfigKey("How long a dead letter is kept.", Min = "1h", Max = "3650d")]
    public Duration Age { get; set; } = Duration.FromHours(30 * 24);
}
