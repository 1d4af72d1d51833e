using System.Text.Json.Nodes;
using CartRecovery.Engine.ControlPlane.Campaigns;
using CartRecovery.Engine.ControlPlane.Stores;
using CartRecovery.Engine.Decisions;
using CartRecovery.Engine.Events;

namespace CartRecovery.Host.Api.Campaigns;

/// <summary>A campaign of the key's store.</summary>
/// <param name="Name">The campaign's name.</param>
/// <param name="ManagedBy">file, if the configuration has it; or api.</param>
/// <param name="State">active or paused. For a campaign of the API that is not in force: draft, checked, approved, scheduled, ended,
/// archived, or unfit if it does not fit the configuration.</param>
/// <param name="PausedBy">api or configuration; null if it is active.</param>
/// <param name="PausedAt">When the API paused it; null if it did not.</param>
/// <param name="Trigger">idle, event or score.</param>
/// <param name="Rule">The trigger and the conditions, as text.</param>
/// <param name="ReentrySeconds">Minimum time before the same cart can enter again.</param>
/// <param name="Goal">The event that ends the series; null if only a purchase does.</param>
/// <param name="Variants">The variants; one without an experiment.</param>
sealed record CampaignItem(
    string Name, string ManagedBy, string State, string? PausedBy, DateTime? PausedAt, string Trigger, string Rule, double ReentrySeconds, string? Goal,
    IReadOnlyList<CampaignVariantItem> Variants)
{
    /// <summary>Describes a campaign in force in a store.</summary>
    /// <param name="campaign">The campaign.</param>
    /// <param name="store">The store.</param>
    /// <param name="pausedAt">When the API paused it there (ms since 1970 UTC).</param>
    /// <param name="isManaged">Whether the API manages it.</param>
    public static CampaignItem Of(Campaign campaign, Store store, long? pausedAt, bool isManaged) => new(
        campaign.Name, isManaged ? "api" : "file", campaign.IsPausedIn(store.Number) ? "paused" : "active",
        !campaign.IsPausedIn(store.Number) ? null : pausedAt is null ? "configuration" : "api",
        pausedAt is { } at ? DateTimeOffset.FromUnixTimeMilliseconds(at).UtcDateTime : null,
        campaign.Trigger.ToString().ToLowerInvariant(), campaign.Rule, campaign.Reentry / 1000.0,
        campaign.Goal == EventType.None ? null : EventTypes.NameOf(campaign.Goal),
        [.. campaign.Variants.Select(variant => new CampaignVariantItem(variant.Name, variant.Weight, [.. variant.Steps.Select((step, i) => new CampaignStepItem(
            i + 1, step.Channel, step.Wait / 1000.0, step.UsefulFor / 1000.0, [.. step.Offers.Select(offer => offer.Name)]))]))]);

    /// <summary>Describes a campaign of the API that is not in force. GET /v1/campaigns/{name} returns its definition.</summary>
    public static CampaignItem Of(ManagedCampaign campaign, DateTimeOffset now)
    {
        var trigger = JsonNode.Parse(campaign.Last.Draft.Definition)?["trigger"] as JsonObject;
        var state = campaign.State != ManagedCampaign.Active ? campaign.State
            : campaign.Last.Draft.StartsAt > now ? "scheduled" : campaign.Last.Draft.EndsAt <= now ? "ended" : "unfit";
        return new(campaign.Name, "api", state, PausedBy: null, PausedAt: null,
            trigger?.Select(key => key.Key).FirstOrDefault(key => key is "idle" or "event" or "score") ?? "", trigger?.ToJsonString() ?? "", 0, Goal: null, []);
    }
}

/// <summary>A variant of a campaign.</summary>
/// <param name="Name">The variant's name.</param>
/// <param name="Weight">Its share of the shoppers, relative to the sum of all weights.</param>
/// <param name="Steps">Its messages; empty for a control group.</param>
sealed record CampaignVariantItem(string Name, double Weight, IReadOnlyList<CampaignStepItem> Steps);

/// <summary>A message of a series.</summary>
/// <param name="Step">The message's number, from 1.</param>
/// <param name="Channel">`socket`, or a sink's name.</param>
/// <param name="WaitSeconds">The delay after the previous message.</param>
/// <param name="UsefulForSeconds">The time after which it expires.</param>
/// <param name="Offers">The offers to choose from; one if there is no choice.</param>
sealed record CampaignStepItem(int Step, string Channel, double WaitSeconds, double UsefulForSeconds, IReadOnlyList<string> Offers);
