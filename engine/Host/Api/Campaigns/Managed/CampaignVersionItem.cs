using System.Text.Json.Nodes;
using CartRecovery.Engine.ControlPlane.Campaigns;

namespace CartRecovery.Host.Api.Campaigns.Managed;

/// <summary>A version of a campaign.</summary>
/// <param name="Number">Its number.</param>
/// <param name="At">When it was made.</param>
/// <param name="By">Who made it, as in the audit log.</param>
/// <param name="Reason">Why; empty if nobody said.</param>
/// <param name="ApprovedBy">Who approved it; null if nobody did.</param>
/// <param name="Stores">The ids of its stores; none for all.</param>
/// <param name="StartsAt">When it begins; null for at once.</param>
/// <param name="EndsAt">When it ends; null for never.</param>
/// <param name="Campaign">The campaign, with the keys of the configuration.</param>
sealed record CampaignVersionItem(
    long Number, DateTime At, string By, string Reason, string? ApprovedBy, IReadOnlyList<string> Stores, DateTime? StartsAt, DateTime? EndsAt, JsonNode Campaign)
{
    /// <summary>Describes a version.</summary>
    public static CampaignVersionItem Of(CampaignVersion version) => new(version.Number, version.At.UtcDateTime, version.By, version.Draft.Reason, version.ApprovedBy, version.Draft.Stores,
        version.Draft.StartsAt?.UtcDateTime, version.Draft.EndsAt?.UtcDateTime, JsonNode.Parse(version.Draft.Definition)!);
}
