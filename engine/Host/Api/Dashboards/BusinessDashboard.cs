using System.Text.Json.Serialization;

namespace CartRecovery.Host.Api.Dashboards;

/// <summary>What the shop's stores earn, of all stores.</summary>
/// <param name="Revenue">Money of the last 30 days' journeys, by currency.</param>
/// <param name="Carts">Carts that campaigns were triggered for in the last 30 days, by state: `abandoned`, `contacted`, `recovered`, `purchased`, `lost`.</param>
/// <param name="Rates">Rates.</param>
/// <param name="Timestamp">When it was made.</param>
sealed record BusinessDashboard(IReadOnlyList<BusinessRevenue> Revenue, IReadOnlyDictionary<string, long> Carts, BusinessRates Rates, DateTimeOffset Timestamp);

/// <summary>Money of the last 30 days' journeys in a currency.</summary>
/// <param name="Currency">The currency.</param>
/// <param name="Orders">Verified orders of shoppers that a campaign was triggered for.</param>
/// <param name="Revenue">Their value, less refunds.</param>
/// <param name="RecoveredOrders">Of them, those after a click or view of a message.</param>
/// <param name="RecoveredRevenue">Their value, less refunds.</param>
/// <param name="IncrementalRevenue">The estimate of what would not have come without messages; null without one.</param>
/// <param name="OrdersToday">Of the orders, those since midnight (UTC); null if they are not known yet.</param>
/// <param name="RevenueToday">Their value, less the refunds since then.</param>
sealed record BusinessRevenue(
    string Currency, double? Orders, double? Revenue, [property: JsonPropertyName("recovered_orders")] double? RecoveredOrders,
    [property: JsonPropertyName("recovered_revenue")] double? RecoveredRevenue, [property: JsonPropertyName("incremental_revenue")] double? IncrementalRevenue,
    [property: JsonPropertyName("orders_today")] double? OrdersToday, [property: JsonPropertyName("revenue_today")] double? RevenueToday);

/// <summary>Rates in percent; null without anything to divide by.</summary>
/// <param name="Abandonment">Of the carts, those without an order.</param>
/// <param name="Conversion">Of the carts that were contacted, those with an order after it.</param>
/// <param name="Delivery">Of the interventions of the last day, those that were delivered.</param>
sealed record BusinessRates(double? Abandonment, double? Conversion, double? Delivery);
