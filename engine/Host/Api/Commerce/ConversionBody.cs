namespace CartRecovery.Host.Api.Commerce;

/// <summary>An order, told by whoever took it.</summary>
/// <param name="OrderId">The order, which counts once.</param>
/// <param name="Value">Its total.</param>
/// <param name="Currency">ISO 4217; that of what is in the cart if absent.</param>
/// <param name="CartId">The cart, or its masked id; that of the intervention if absent.</param>
/// <param name="InterventionId">The message that led to it, if it is known.</param>
/// <param name="UserId">The customer.</param>
/// <param name="At">When it was placed; now if absent.</param>
sealed record ConversionBody(
    string? OrderId = null, decimal? Value = null, string? Currency = null, string? CartId = null, string? InterventionId = null, string? UserId = null, DateTimeOffset? At = null);
