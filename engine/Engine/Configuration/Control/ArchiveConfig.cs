using CartRecovery.Engine.Configuration.Values;

namespace CartRecovery.Engine.Configuration.Control;

/// <summary>The archive of events that the job <c>archive</c> writes.</summary>
public sealed class ArchiveConfig
{
    [ConfigKey("The folder of the archive, relative to the working directory; best on another disk. Default: the job makes none.", Example = "/mnt/archive/cartrecovery")]
    public string? To { get; set; }

    [ConfigKey("How long events are kept there. Default: until their people are forgotten.", Min = "1d", Max = "36500d")]
    public Duration? Retention { get; set; }
}
