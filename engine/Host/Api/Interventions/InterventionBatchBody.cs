namespace CartRecovery.Host.Api.Interventions;

/// <summary>Campaigns to start for carts by hand.</summary>
/// <param name="Items">At most 500.</param>
/// <param name="Campaign">The campaign of those that name none.</param>
/// <param name="At">The time of those that name none.</param>
sealed record InterventionBatchBody(IReadOnlyList<InterventionBody>? Items = null, string? Campaign = null, DateTimeOffset? At = null);
