namespace CartRecovery.Host.Api.Analytics;

/// <summary>Orders in one currency.</summary>
/// <param name="Currency">ISO 4217.</param>
/// <param name="Orders">The number of orders.</param>
/// <param name="Revenue">Their value, less refunds.</param>
/// <param name="AttributedOrders">Those after a click or a view of a message.</param>
/// <param name="AttributedRevenue">Their value, less refunds.</param>
/// <param name="Converted">The revenue in the report's currency; null without an exchange rate: the other figures lack it.</param>
sealed record CurrencyResponse(string Currency, long Orders, decimal Revenue, long AttributedOrders, decimal AttributedRevenue, decimal? Converted);
