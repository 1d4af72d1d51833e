namespace CartRecovery.Engine.ControlPlane.Campaigns;

/// <summary>A transition of a campaign's state.</summary>
/// <param name="Action">The action in the audit log, such as <c>campaign.activate</c>.</param>
/// <param name="From">The states in which it is permitted.</param>
/// <param name="To">The state afterwards.</param>
public sealed record CampaignStep(string Action, IReadOnlyList<string> From, string To)
{
    /// <summary>Marks the last version as valid.</summary>
    public static CampaignStep Check { get; } = new("campaign.check", [ManagedCampaign.Draft, ManagedCampaign.Checked], ManagedCampaign.Checked);

    /// <summary>Approves the last version. The approver must not be its author.</summary>
    public static CampaignStep Approve { get; } = new("campaign.approve", [ManagedCampaign.Checked], ManagedCampaign.Approved);

    /// <summary>Puts the last version into force.</summary>
    public static CampaignStep Activate { get; } = new("campaign.activate", [ManagedCampaign.Checked, ManagedCampaign.Approved], ManagedCampaign.Active);

    /// <summary>Takes the campaign out of force.</summary>
    public static CampaignStep Archive { get; } =
        new("campaign.archive", [ManagedCampaign.Draft, ManagedCampaign.Checked, ManagedCampaign.Approved, ManagedCampaign.Active], ManagedCampaign.Archived);
}
