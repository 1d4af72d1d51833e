using CartRecovery.Engine.Configuration.Values;

namespace CartRecovery.Engine.Configuration.Data;

/// <summary>The deduplication of events.</summary>
public sealed class DedupConfig
{
    [ConfigKey("An event whose id was already received for the same cart within this time is acknowledged and has no effect.", Min = "1s", Max = "7d")]
    public Duration Window { get; set; } = Duration.FromHours(1);

    [ConfigKey("Memory for event ids, over all partitions. When it is full, the oldest ids are discarded early.", Min = "1MB", Max = "1TB")]
    public ByteSize Memory { get; set; } = ByteSize.FromMegabytes(256);
}
