namespace CartRecovery.Host.Api.Commerce;

/// <summary>An order.</summary>
/// <param name="OrderId">The order's id.</param>
/// <param name="At">When it was placed.</param>
/// <param name="CartId">The cart; null if no campaign was triggered for the shopper: then only the order's id is stored.</param>
/// <param name="Value">The value, net of refunds; null if only the id is stored.</param>
/// <param name="Currency">ISO 4217.</param>
/// <param name="Intervention">The message that the order is attributed to.</param>
sealed record OrderRow(string OrderId, DateTime At, string? CartId, double? Value, string? Currency, string? Intervention);
