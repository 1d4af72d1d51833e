using CartRecovery.Engine.Configuration.Stores;
using CartRecovery.Engine.Configuration.Values;

namespace CartRecovery.Engine.Configuration;

/// <summary>Limits on client input.</summary>
public sealed class LimitsConfig
{
    [ConfigKey("Maximum size of an event.", Min = "256B", Max = "1MB")]
    public ByteSize Event { get; set; } = ByteSize.FromKilobytes(32);

    [ConfigKey("Maximum size of a WebSocket message, a TCP message or an HTTP body.", Min = "256B", Max = "64MB")]
    public ByteSize Message { get; set; } = ByteSize.FromKilobytes(512);

    [ConfigKey("Maximum number of events in one message or HTTP body.", Min = "1", Max = "100000", Reloads = true)]
    public int Batch { get; set; } = 2_500;

    [ConfigKey("Maximum age of an event's time. An older time is clamped and marked.", Max = "365d", Reloads = true)]
    public Duration Past { get; set; } = Duration.FromHours(24);

    [ConfigKey("Maximum distance of an event's time into the future. A later time is clamped and marked; with 0 it is the time of receipt, and not marked.", Max = "24h", Reloads = true)]
    public Duration Future { get; set; } = Duration.FromMinutes(5);

    [ConfigKey("How fast clients may send. Streams wait when they exceed a rate of events; requests are rejected.", Reloads = true)]
    public RatesConfig Rates { get; set; } = new();
}
