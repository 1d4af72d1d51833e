namespace CartRecovery.Engine.ControlPlane.Campaigns;

/// <summary>A step in a campaign's life.</summary>
/// <param name="Action">What it is, for the audit log: <c>campaign.activate</c>.</param>
/// <param name="From">The states that it can be taken in.</param>
/// <param name="To">The state after it.</param>
public sealed record CampaignStep(string Action, IReadOnlyList<string> From, string To)
{
    /// <summary>The last version was found valid.</summary>
    public static CampaignStep Check { get; } = new("campaign.check", [ManagedCampaign.Draft, ManagedCampaign.Checked], ManagedCampaign.Checked);

    /// <summary>Another person approves the last version.</summary>
    public static CampaignStep Approve { get; } = new("campaign.approve", [ManagedCampaign.Checked], ManagedCampaign.Approved);

    /// <summary>The last version comes into force.</summary>
    public static CampaignStep Activate { get; } = new("campaign.activate", [ManagedCampaign.Checked, ManagedCampaign.Approved], ManagedCampaign.Active);

    /// <summary>No version is in force any more.</summary>
    public static CampaignStep Archive { get; } =
        new("campaign.archive", [ManagedCampaign.Draft, ManagedCampaign.Checked, ManagedCampaign.Approved, ManagedCampaign.Active], ManagedCampaign.Archived);
}
