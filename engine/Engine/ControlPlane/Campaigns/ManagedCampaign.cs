namespace CartRecovery.Engine.ControlPlane.Campaigns;

/// <summary>A campaign that the API manages, with its last version.</summary>
/// <param name="Name">The campaign's name.</param>
/// <param name="State">The state of the last version: draft, checked, approved, active or archived.</param>
/// <param name="ActiveVersion">The version in force, within its dates; <see langword="null"/> for none.</param>
/// <param name="Last">The last version.</param>
public sealed record ManagedCampaign(string Name, string State, long? ActiveVersion, CampaignVersion Last)
{
    /// <summary>A value of <see cref="State"/>.</summary>
    public const string Draft = "draft", Checked = "checked", Approved = "approved", Active = "active", Archived = "archived";
}
