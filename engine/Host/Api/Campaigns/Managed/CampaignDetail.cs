using System.Text.Json.Nodes;
using CartRecovery.Engine.ControlPlane.Campaigns;

namespace CartRecovery.Host.Api.Campaigns.Managed;

/// <summary>A campaign with its definition.</summary>
/// <param name="Name">The name.</param>
/// <param name="ManagedBy">file, if only the configuration changes it; or api.</param>
/// <param name="State">The state of the last version: draft, checked, approved, active or archived; unfit if the active version does not fit the configuration any more, so that it is set aside.</param>
/// <param name="Version">The last version, as in the ETag; 0 for a campaign of the configuration.</param>
/// <param name="ActiveVersion">The version in force, within its dates; null for none.</param>
/// <param name="InForce">Whether it starts series now.</param>
/// <param name="Stores">The ids of the stores that it runs in, as far as the reader may see them; empty for all.</param>
/// <param name="StartsAt">When it starts; null to start at once.</param>
/// <param name="EndsAt">When it ends; null if it never ends.</param>
/// <param name="By">The actor who made the version, as in the audit log; null for a campaign of the configuration.</param>
/// <param name="ApprovedBy">The user who approved it; null if it is not approved.</param>
/// <param name="Campaign">The campaign, with the keys of the configuration.</param>
sealed record CampaignDetail(
    string Name, string ManagedBy, string State, long Version, long? ActiveVersion, bool InForce, IReadOnlyList<string> Stores, DateTime? StartsAt, DateTime? EndsAt, string? By,
    string? ApprovedBy, JsonNode Campaign)
{
    /// <summary>Describes a campaign of the API.</summary>
    /// <param name="campaign">The campaign.</param>
    /// <param name="isInForce">Whether it begins series now.</param>
    /// <param name="stores">The stores that the reader may know of.</param>
    /// <param name="isUnfit">Whether it is set aside because it does not fit the configuration.</param>
    public static CampaignDetail Of(ManagedCampaign campaign, bool isInForce, IReadOnlyList<string> stores, bool isUnfit) => new(campaign.Name, "api", isUnfit && campaign.State == ManagedCampaign.Active ? "unfit" : campaign.State, campaign.Last.Number, campaign.ActiveVersion, isInForce,
        stores, campaign.Last.Draft.StartsAt?.UtcDateTime, campaign.Last.Draft.EndsAt?.UtcDateTime, campaign.Last.By, campaign.Last.ApprovedBy,
        JsonNode.Parse(campaign.Last.Draft.Definition)!);
}
