using CartRecovery.Primitives;

namespace CartRecovery.Engine.Journeys.Reports;

/// <summary>Reads orders and refunds of shoppers with a journey, oldest first.</summary>
static class ConversionRows
{
    // The database's key of an order with an id is "o:" and the id; other orders have a generated key.
    const string OrderId = "CASE WHEN order_id LIKE 'o:%' THEN substr(order_id, 3) END";

    const string Key = "lower(hex(cart)) || lower(hex(id)) || currency";

    /// <summary>The columns' names.</summary>
    public static IReadOnlyList<string> Names { get; } = ["cartId", "at", "value", "currency", "verified", "journey", "intervention", "touch", "orderId"];

    /// <summary>Returns rows after a position. Each has the columns, then the row's time and key.</summary>
    /// <param name="reports">The reports.</param>
    /// <param name="storeId">The store.</param>
    /// <param name="period">When the orders and refunds were made (ms since 1970 UTC).</param>
    /// <param name="after">The position.</param>
    /// <param name="limit">Maximum number to return.</param>
    public static List<object?[]> After(JourneyReports reports, string storeId, (long From, long To) period, RowPlace after, int limit) => reports.Ask($"""
        SELECT cart_id, at, value, currency, verified, journey, intervention, touch, {OrderId}, {Key} FROM conversion
        WHERE store=?1 AND at>=?2 AND at<?3 AND journey<>0 AND (at>?4 OR {Key}>?5) ORDER BY at, {Key} LIMIT ?6
        """, rows =>
    {
        var found = new List<object?[]>();
        rows.With(storeId).With(Math.Max(period.From, after.At)).With(period.To).With(after.At).With(after.Key).With((long)limit);
        while (rows.Next())
        {
            found.Add(
            [
                rows.Text(0), rows.Long(1), Money.ToDecimal(rows.Long(2)), rows.Text(3), rows.Int(4) != 0, rows.Long(5), rows.TextOrNull(6), rows.TextOrNull(7), rows.TextOrNull(8),
                rows.Long(1), rows.Text(9),
            ]);
        }

        return found;
    });
}
