namespace CartRecovery.Engine.Configuration.Campaigns;

/// <summary>A range of scores; at least one property is set.</summary>
public sealed class ScoreTrigger
{
    [ConfigKey("The model whose score is asked for: a name in scoring.models. Default: the model that predicts a purchase.", Example = "uplift_mail")]
    public string? Model { get; set; }

    [ConfigKey("The score is above this.", Min = "0", Max = "1")]
    public double? Above { get; set; }

    [ConfigKey("The score is below this.", Min = "0", Max = "1")]
    public double? Below { get; set; }
}
