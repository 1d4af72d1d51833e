namespace CartRecovery.Host.Api.Interventions;

/// <summary>What to change of a scheduled intervention.</summary>
/// <param name="At">When it is due instead, at most 90 days ahead. Its expiry moves with it.</param>
/// <param name="Offer">Another of its step's offers, by its name in reports: `reminder`, `discount-10`.</param>
sealed record InterventionChangeBody(DateTimeOffset? At = null, string? Offer = null);
