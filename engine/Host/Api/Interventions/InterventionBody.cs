namespace CartRecovery.Host.Api.Interventions;

/// <summary>A campaign to start for a cart.</summary>
/// <param name="CartId">The cart, or its masked id.</param>
/// <param name="Campaign">The campaign, whose first message is sent.</param>
/// <param name="At">When the first message is due, at most 90 days ahead; now if absent.</param>
/// <param name="Key">Your idempotency key, at most 128 characters: a repeated request with it starts nothing more.</param>
sealed record InterventionBody(string? CartId = null, string? Campaign = null, DateTimeOffset? At = null, string? Key = null);
