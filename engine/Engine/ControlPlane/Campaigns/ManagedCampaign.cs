namespace CartRecovery.Engine.ControlPlane.Campaigns;

/// <summary>A campaign that the API manages, with its last version.</summary>
/// <param name="Name">Its name.</param>
/// <param name="State">draft, checked, approved, active or archived: of the last version.</param>
/// <param name="ActiveVersion">The version in force between its dates; <see langword="null"/> for none.</param>
/// <param name="Last">The last version.</param>
public sealed record ManagedCampaign(string Name, string State, long? ActiveVersion, CampaignVersion Last)
{
    /// <summary>A state.</summary>
    public const string Draft = "draft", Checked = "checked", Approved = "approved", Active = "active", Archived = "archived";
}
