using CartRecovery.Engine.Configuration.Values;

namespace CartRecovery.Engine.Configuration.Data;

/// <summary>Checkpoints of the state, which shorten recovery.</summary>
public sealed class CheckpointsConfig
{
    [ConfigKey("Interval between checkpoints.", Min = "100ms", Max = "24h")]
    public Duration Interval { get; set; } = Duration.FromMinutes(5);

    [ConfigKey("Number of checkpoints to keep. If the newest is damaged, recovery uses the previous one.", Min = "1", Max = "100")]
    public int Keep { get; set; } = 2;
}
