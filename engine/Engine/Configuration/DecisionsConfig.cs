using CartRecovery.Engine.Configuration.Values;

namespace CartRecovery.Engine.Configuration;

/// <summary>The campaigns section.</summary>
public sealed class DecisionsConfig
{
    [ConfigKey("Minimum time between two interventions for the same cart.", Max = "365d")]
    public Duration Window { get; set; } = Duration.FromHours(1);

    [ConfigKey("The campaigns, highest priority first.", Max = "64")]
    public List<CampaignConfig> Campaigns { get; set; } = [];
}
