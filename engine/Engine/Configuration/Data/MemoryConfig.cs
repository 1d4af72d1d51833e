using CartRecovery.Engine.Configuration.Values;

namespace CartRecovery.Engine.Configuration.Data;

/// <summary>The memory budget.</summary>
public sealed class MemoryConfig
{
    [ConfigKey("Memory limit of the whole process. 0: three quarters of the memory of the machine or container.")]
    public ByteSize Limit { get; set; }

    [ConfigKey("Memory for cart records, over all partitions. Older records are moved to disk.", Min = "16MB", Max = "16TB")]
    public ByteSize Carts { get; set; } = ByteSize.FromMegabytes(1024);

    [ConfigKey("Memory for customer records, over all partitions. Older records are moved to disk.", Min = "16MB", Max = "16TB")]
    public ByteSize Customers { get; set; } = ByteSize.FromMegabytes(128);

    [ConfigKey("Time after its last event at which a cart ends: it is removed, and a later event begins a new cart.", Min = "1d", Max = "3650d")]
    public Duration CartLifetime { get; set; } = Duration.FromHours(90 * 24);
}
