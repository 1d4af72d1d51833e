using System.Text.Json.Nodes;

namespace CartRecovery.Host.Api.Campaigns.Managed;

/// <summary>A campaign that the API manages.</summary>
/// <param name="Name">The name; absent in a change.</param>
/// <param name="Campaign">The campaign with the keys of the configuration: trigger, when, stores, steps and so on. Without stores it runs
/// in the request's store; `[]` means all stores.</param>
/// <param name="StartsAt">When it starts; absent to start at once.</param>
/// <param name="EndsAt">When it ends; absent if it never ends.</param>
/// <param name="Reason">The reason, at most 256 characters.</param>
sealed record CampaignBody(string? Name, JsonNode? Campaign, DateTimeOffset? StartsAt = null, DateTimeOffset? EndsAt = null, string? Reason = null);
