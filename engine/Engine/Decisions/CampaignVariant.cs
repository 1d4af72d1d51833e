namespace CartRecovery.Engine.Decisions;

/// <summary>A variant of an experiment, or the only one of a campaign without an experiment.</summary>
/// <param name="Name">The variant's name.</param>
/// <param name="Weight">The variant's share of shoppers, relative to the other variants' weights.</param>
/// <param name="Steps">The messages of the series; empty for a control.</param>
public sealed record CampaignVariant(string Name, int Weight, IReadOnlyList<CampaignStep> Steps)
{
    /// <summary>The name of the variant of a campaign without an experiment.</summary>
    public const string Only = "all";
}
