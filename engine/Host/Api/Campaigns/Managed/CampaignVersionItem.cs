using System.Text.Json.Nodes;
using CartRecovery.Engine.ControlPlane.Campaigns;

namespace CartRecovery.Host.Api.Campaigns.Managed;

/// <summary>A version of a campaign.</summary>
/// <param name="Number">The version's number.</param>
/// <param name="At">When it was made.</param>
/// <param name="By">The actor who made it, as in the audit log.</param>
/// <param name="Reason">The reason; may be empty.</param>
/// <param name="ApprovedBy">The user who approved it; null if it is not approved.</param>
/// <param name="Stores">The ids of the stores that it runs in, as far as the reader may see them; empty for all.</param>
/// <param name="StartsAt">When it starts; null to start at once.</param>
/// <param name="EndsAt">When it ends; null if it never ends.</param>
/// <param name="Campaign">The campaign, with the keys of the configuration.</param>
sealed record CampaignVersionItem(
    long Number, DateTime At, string By, string Reason, string? ApprovedBy, IReadOnlyList<string> Stores, DateTime? StartsAt, DateTime? EndsAt, JsonNode Campaign)
{
    /// <summary>Describes a version.</summary>
    /// <param name="version">The version.</param>
    /// <param name="stores">The stores that the reader may know of.</param>
    public static CampaignVersionItem Of(CampaignVersion version, IReadOnlyList<string> stores) => new(version.Number, version.At.UtcDateTime, version.By, version.Draft.Reason, version.ApprovedBy, stores,
        version.Draft.StartsAt?.UtcDateTime, version.Draft.EndsAt?.UtcDateTime, JsonNode.Parse(version.Draft.Definition)!);
}
