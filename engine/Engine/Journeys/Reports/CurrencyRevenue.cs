namespace CartRecovery.Engine.Journeys.Reports;

/// <summary>Orders in one currency.</summary>
/// <param name="Currency">ISO 4217 code.</param>
/// <param name="Orders">Their number.</param>
/// <param name="Revenue">Their value, less refunds.</param>
/// <param name="AttributedOrders">Number of those after a click or view of a message.</param>
/// <param name="AttributedRevenue">Their value, less refunds.</param>
/// <param name="Converted">The revenue in the report's currency; <see langword="null"/> without a rate: the report's figures lack it.</param>
public sealed record CurrencyRevenue(string Currency, long Orders, double Revenue, long AttributedOrders, double AttributedRevenue, double? Converted);
