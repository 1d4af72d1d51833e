using CartRecovery.Engine.Journeys.Tables;

namespace CartRecovery.Engine.Journeys.Reports;

/// <summary>What contacting a store's shoppers brought, for monitoring.</summary>
/// <param name="Revenue">The revenue, by currency.</param>
/// <param name="Carts">The number of carts, by state: <see cref="States"/>.</param>
public sealed record StoreFigures(IReadOnlyList<RevenueReport> Revenue, IReadOnlyDictionary<string, long> Carts)
{
    /// <summary>
    /// The states of carts that a campaign was triggered for. abandoned: nothing was sent yet. contacted: a message was sent. recovered: bought
    /// after a message. purchased: bought without one. lost: not bought for <c>contact.lostAfter</c>.
    /// </summary>
    public static IReadOnlyList<string> States { get; } = ["abandoned", "contacted", "recovered", "purchased", "lost"];

    // Labels of metrics, and queries: the currencies of most orders.
    const int MaxCurrencies = 20;

    /// <summary>Reads the figures of a store.</summary>
    /// <param name="reports">The reports.</param>
    /// <param name="storeId">The store.</param>
    /// <param name="currency">Its currency, which is always among the currencies.</param>
    /// <param name="from">Journeys that started at or after this time (ms since 1970 UTC).</param>
    /// <param name="to">Journeys that started before this time (ms since 1970 UTC).</param>
    /// <param name="lostBefore">Carts whose last journey started before this time are lost (ms since 1970 UTC).</param>
    public static StoreFigures Read(JourneyReports reports, string storeId, string currency, long from, long to, long lostBefore)
    {
        var currencies = reports.Ask($"""
            SELECT currency FROM conversion WHERE store=?1 AND verified=1 AND journey<>0 AND currency<>?2 GROUP BY currency ORDER BY count(*) DESC, currency LIMIT {MaxCurrencies - 1}
            """, rows =>
        {
            var found = new List<string> { currency };
            for (rows.With(storeId).With(currency); rows.Next();)
            {
                found.Add(rows.Text(0));
            }

            return found;
        });
        var carts = reports.Ask($"""
            SELECT CASE WHEN recovered THEN 'recovered' WHEN bought THEN 'purchased' WHEN started<?4 THEN 'lost' WHEN contacted THEN 'contacted' ELSE 'abandoned' END, count(*)
            FROM (
                SELECT max(j.started_at) AS started, max(coalesce(i.contacted, 0)) AS contacted, max(coalesce(c.bought, 0)) AS bought, max(coalesce(c.recovered, 0)) AS recovered
                FROM journey j
                LEFT JOIN (SELECT journey, 1 AS contacted FROM intervention WHERE store=?1 AND state={MessageState.Sent:D} GROUP BY journey) i ON i.journey=j.id
                LEFT JOIN (SELECT o.journey, 1 AS bought, max(EXISTS(SELECT 1 FROM intervention m WHERE m.journey=o.journey AND m.sent_at<=o.at)) AS recovered
                    FROM conversion o WHERE o.store=?1 AND o.value>0 AND o.returned=0 AND o.verified=1 GROUP BY o.journey) c ON c.journey=j.id
                WHERE j.store=?1 AND j.started_at>=?2 AND j.started_at<?3 GROUP BY j.cart)
            GROUP BY 1
            """, rows =>
        {
            var counts = States.ToDictionary(state => state, _ => 0L, StringComparer.Ordinal);
            for (rows.With(storeId).With(from).With(to).With(lostBefore); rows.Next();)
            {
                counts[rows.Text(0)] = rows.Long(1);
            }

            return counts;
        });
        return new StoreFigures([.. currencies.Select(code => reports.Revenue(storeId, code, from, to))], carts);
    }
}
