using System.Text.Json.Nodes;
using CartRecovery.Engine.ControlPlane.Campaigns;

namespace CartRecovery.Host.Api.Campaigns.Managed;

/// <summary>A campaign with its definition.</summary>
/// <param name="Name">Its name.</param>
/// <param name="ManagedBy">file: only the configuration changes it; or api.</param>
/// <param name="State">draft, checked, approved, active or archived, of the last version.</param>
/// <param name="Version">The last version, as in the ETag; 0 for one of the configuration.</param>
/// <param name="ActiveVersion">The version in force between its dates; null for none.</param>
/// <param name="InForce">Whether it begins series now.</param>
/// <param name="Stores">The ids of its stores; none for all.</param>
/// <param name="StartsAt">When it begins; null for at once.</param>
/// <param name="EndsAt">When it ends; null for never.</param>
/// <param name="By">Who made the version, as in the audit log; null for one of the configuration.</param>
/// <param name="ApprovedBy">Who approved it; null if nobody did.</param>
/// <param name="Campaign">The campaign, with the keys of the configuration.</param>
sealed record CampaignDetail(
    string Name, string ManagedBy, string State, long Version, long? ActiveVersion, bool InForce, IReadOnlyList<string> Stores, DateTime? StartsAt, DateTime? EndsAt, string? By,
    string? ApprovedBy, JsonNode Campaign)
{
    /// <summary>Describes a campaign of the API.</summary>
    public static CampaignDetail Of(ManagedCampaign campaign, bool isInForce) => new(campaign.Name, "api", campaign.State, campaign.Last.Number, campaign.ActiveVersion, isInForce,
        campaign.Last.Draft.Stores, campaign.Last.Draft.StartsAt?.UtcDateTime, campaign.Last.Draft.EndsAt?.UtcDateTime, campaign.Last.By, campaign.Last.ApprovedBy,
        JsonNode.Parse(campaign.Last.Draft.Definition)!);
}
