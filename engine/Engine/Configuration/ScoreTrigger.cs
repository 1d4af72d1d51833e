namespace CartRecovery.Engine.Configuration;

/// <summary>A range of scores; at least one property is set.</summary>
public sealed class ScoreTrigger
{
    [ConfigKey("The score is above this.", Min = "0", Max = "1")]
    public double? Above { get; set; }

    [ConfigKey("The score is below this.", Min = "0", Max = "1")]
    public double? Below { get; set; }
}
