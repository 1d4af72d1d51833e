using System.Text.Json.Nodes;

namespace CartRecovery.Host.Api.Campaigns.Managed;

/// <summary>A campaign that the API manages.</summary>
/// <param name="Name">Its name; absent in a change.</param>
/// <param name="Campaign">The campaign with the keys of the configuration: trigger, when, stores, steps and so on. Without stores it is for the request's store; `[]` is all.</param>
/// <param name="StartsAt">When it begins; absent for at once.</param>
/// <param name="EndsAt">When it ends; absent for never.</param>
/// <param name="Reason">Why, in at most 256 characters.</param>
sealed record CampaignBody(string? Name, JsonNode? Campaign, DateTimeOffset? StartsAt = null, DateTimeOffset? EndsAt = null, string? Reason = null);
