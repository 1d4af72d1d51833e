namespace CartRecovery.Host.Api.Interventions;

/// <summary>A change of a scheduled intervention.</summary>
/// <param name="At">The new due time, at most 90 days ahead. The expiry moves with it.</param>
/// <param name="Offer">Another offer of its step, by its name in reports: `reminder`, `discount-10`.</param>
sealed record InterventionChangeBody(DateTimeOffset? At = null, string? Offer = null);
