namespace CartRecovery.Host.Api.Commerce;

/// <summary>An order.</summary>
/// <param name="OrderId">The order.</param>
/// <param name="At">When it was placed.</param>
/// <param name="CartId">The cart; null for an order of a shopper for whom no campaign was triggered: of those the id alone is kept.</param>
/// <param name="Value">Its value, net of refunds; null likewise.</param>
/// <param name="Currency">ISO 4217.</param>
/// <param name="Intervention">The message that it is attributed to.</param>
sealed record OrderRow(string OrderId, DateTime At, string? CartId, double? Value, string? Currency, string? Intervention);
