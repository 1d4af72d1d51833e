using System.Text.Json.Serialization;

namespace CartRecovery.Engine.Configuration.Campaigns;

/// <summary>A variant of an experiment.</summary>
public sealed class VariantConfig
{
    [JsonRequired]
    [ConfigKey("The variant's name in interventions and reports.", Example = "gentle")]
    public string Name { get; set; } = "";

    [ConfigKey("The variant's share of the shoppers, relative to the other variants' weights.", Min = "1", Max = "1000")]
    public int Weight { get; set; } = 1;

    [ConfigKey("The variant's series. Empty: a control group, which receives nothing.", Max = "16")]
    public List<StepConfig> Steps { get; set; } = [];

    /// <summary>Returns a copy with other steps.</summary>
    public VariantConfig WithSteps(List<StepConfig> steps)
    {
        var copy = (VariantConfig)MemberwiseClone();
        copy.Steps = steps;
        return copy;
    }
}
