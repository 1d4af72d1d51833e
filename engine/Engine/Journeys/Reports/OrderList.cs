namespace CartRecovery.Engine.Journeys.Reports;

/// <summary>Lists the orders that a store's server reported.</summary>
public static class OrderList
{
    /// <summary>Returns orders, the latest first: a row for each of an order's currencies. Of shoppers without a journey, the id and the time alone are kept.</summary>
    /// <param name="reports">The reports.</param>
    /// <param name="storeId">The store.</param>
    /// <param name="period">When they were placed (ms since 1970 UTC).</param>
    /// <param name="skip">Number of the latest to skip.</param>
    /// <param name="limit">Maximum number to return.</param>
    public static ReportTable Of(JourneyReports reports, string storeId, (long From, long Before) period, int skip, int limit) => reports.Table("""
        SELECT substr(o.id, 3), o.at, c.cart_id, sum(c.value)/10000.0, c.currency, max(c.intervention)
        FROM (SELECT id, at FROM shop_order WHERE store=?1 AND id LIKE 'o:%' AND at>=?2 AND at<?3 ORDER BY at DESC, id LIMIT ?4 OFFSET ?5) o
            LEFT JOIN conversion c ON c.store=?1 AND c.order_id=o.id AND c.verified=1
        GROUP BY o.id, o.at, c.cart_id, c.currency ORDER BY o.at DESC, o.id
        """, ["orderId", "at", "cartId", "value", "currency", "intervention"],
        rows => rows.With(storeId).With(period.From).With(period.Before).With((long)limit).With((long)skip));
}
