namespace CartRecovery.Engine.Journeys.Reports;

/// <summary>Orders of a period in one currency, by the times of the orders.</summary>
/// <param name="Currency">ISO 4217 code.</param>
/// <param name="Orders">Their number, those that were returned as a whole left out.</param>
/// <param name="Revenue">Their value, less the period's refunds.</param>
public sealed record CurrencyOrders(string Currency, long Orders, double Revenue)
{
    /// <summary>Reads the verified orders of a store's journeys, those of bots left out.</summary>
    /// <param name="reports">The reports.</param>
    /// <param name="storeId">The store.</param>
    /// <param name="from">Journeys that started at or after this time (ms since 1970 UTC).</param>
    /// <param name="since">Orders and refunds at or after this time (ms since 1970 UTC).</param>
    public static IReadOnlyList<CurrencyOrders> Read(JourneyReports reports, string storeId, long from, long since) => reports.Ask($"""
        SELECT c.currency, count(DISTINCT {JourneyReports.Order}), sum(c.value)/10000.0 FROM conversion c JOIN journey j ON j.id=c.journey
        WHERE c.store=?1 AND c.verified=1 AND c.at>=?3 AND j.started_at>=?2 AND NOT EXISTS(SELECT 1 FROM journey b WHERE b.subject=j.subject AND b.bot>0)
        GROUP BY c.currency ORDER BY c.currency
        """, rows =>
    {
        List<CurrencyOrders> found = [];
        for (rows.With(storeId).With(from).With(since); rows.Next();)
        {
            found.Add(new CurrencyOrders(rows.Text(0), rows.Long(1), rows.DoubleOrNull(2) ?? 0));
        }

        return found;
    });
}
