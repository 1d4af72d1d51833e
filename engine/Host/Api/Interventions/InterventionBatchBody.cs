namespace CartRecovery.Host.Api.Interventions;

/// <summary>Campaigns to start for carts.</summary>
/// <param name="Items">The items; at most 500.</param>
/// <param name="Campaign">The campaign of items without one.</param>
/// <param name="At">The time of items without one.</param>
sealed record InterventionBatchBody(IReadOnlyList<InterventionBody>? Items = null, string? Campaign = null, DateTimeOffset? At = null);
