namespace CartRecovery.Host.Api.Commerce;

/// <summary>An order to report.</summary>
/// <param name="OrderId">The order's id. An order counts once; told again with another value, it is edited.</param>
/// <param name="Value">The order's total.</param>
/// <param name="Currency">ISO 4217; the currency of the cart's content if absent.</param>
/// <param name="CartId">The cart, or its masked id; the intervention's cart if absent.</param>
/// <param name="InterventionId">The message that led to the order, if known.</param>
/// <param name="UserId">The customer.</param>
/// <param name="At">When it was placed; now if absent.</param>
/// <param name="Id">Your id of the request. Repeated requests with it have no effect.</param>
sealed record ConversionBody(
    string? OrderId = null, decimal? Value = null, string? Currency = null, string? CartId = null, string? InterventionId = null,
    string? UserId = null, DateTimeOffset? At = null, string? Id = null);
