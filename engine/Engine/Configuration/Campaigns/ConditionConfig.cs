using System.Text.Json.Serialization;

namespace CartRecovery.Engine.Configuration.Campaigns;

/// <summary>A condition on a feature. At least one comparison is set, and all that are set must hold.</summary>
public sealed class ConditionConfig
{
    [JsonRequired]
    [ConfigKey("The feature's name in the feature table.", In = ConfigNames.Features, Example = "item_count")]
    public string Feature { get; set; } = "";

    [ConfigKey("The feature is greater than this.")]
    public double? Above { get; set; }

    [ConfigKey("The feature is greater than or equal to this.")]
    public double? AtLeast { get; set; }

    [ConfigKey("The feature is less than this.")]
    public double? Below { get; set; }

    [ConfigKey("The feature is less than or equal to this.")]
    public double? AtMost { get; set; }

    [JsonPropertyName("equals")]
    [ConfigKey("The feature equals this.")]
    public double? EqualTo { get; set; }
}
