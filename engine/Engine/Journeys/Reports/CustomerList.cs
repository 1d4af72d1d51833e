using CartRecovery.Engine.State;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Journeys.Reports;

/// <summary>Lists customers for whom a campaign was triggered, and what happened to one of them.</summary>
public static class CustomerList
{
    /// <summary>What a timeline has.</summary>
    public static IReadOnlyList<string> Kinds { get; } =
        ["triggered", "planned", "sending", "sent", "not_sent", "delivered", "opened", "clicked", "dismissed", "order", "refund"];

    /// <summary>Returns customers, the latest trigger first.</summary>
    /// <param name="reports">The reports.</param>
    /// <param name="storeId">The store.</param>
    /// <param name="currency">The store's currency, that of the revenue. Orders in another are converted if there is a rate, and else only counted.</param>
    /// <param name="isHoldout">Only customers in the holdout, or only others; <see langword="null"/> for all.</param>
    /// <param name="period">The time of the latest trigger (ms since 1970 UTC).</param>
    /// <param name="skip">Number of the latest to skip.</param>
    /// <param name="limit">Maximum number to return.</param>
    /// <param name="rates">The exchange rates.</param>
    public static ReportTable Of(JourneyReports reports, string storeId, string currency, bool? isHoldout, (long From, long Before) period, int skip, int limit,
        ExchangeRates? rates = null) => reports.Table($"""
        SELECT j.user_id, min(j.started_at), max(j.turned_at) AS turned, count(*), count(DISTINCT j.cart), max(j.holdout) AS held, max(j.user_standing)=0,
            coalesce(sum(i.sent), 0), max(i.last), coalesce(sum(i.withheld), 0), coalesce(sum(c.orders), 0), coalesce(sum(c.value), 0)/10000.0, ?2,
            coalesce(sum(c.unconverted), 0)
        FROM journey j
        LEFT JOIN (SELECT journey, sum(sent_at IS NOT NULL) AS sent, max(sent_at) AS last, sum(state=3) AS withheld FROM intervention WHERE store=?1 GROUP BY journey) i
            ON i.journey=j.id
        LEFT JOIN (SELECT journey, count(DISTINCT CASE WHEN value>0 AND returned=0 THEN name END) AS orders, sum(value*worth) AS value,
                count(DISTINCT CASE WHEN value>0 AND returned=0 AND worth IS NULL THEN name END) AS unconverted
            FROM (SELECT c.journey, c.value, c.returned, coalesce(c.order_id, c.cart_id || ' ' || c.at) AS name, {JourneyReports.WorthIn(currency, rates)} AS worth
                FROM conversion c WHERE c.store=?1 AND c.verified=1)
            GROUP BY journey) c ON c.journey=j.id
        WHERE j.store=?1 AND j.user_id IS NOT NULL GROUP BY j.user_id
        HAVING turned>=?3 AND turned<?4 AND (?5 IS NULL OR held=?5) ORDER BY turned DESC, j.user_id LIMIT ?6 OFFSET ?7
        """,
        [
            "userId", "firstTriggeredAt", "triggeredAt", "journeys", "carts", "holdout", "claimed", "sent", "sentAt", "notSent", "orders", "revenue", "currency",
            "unconvertedOrders",
        ],
        rows => rows.With(storeId).With(currency).With(period.From).With(period.Before).With(isHoldout is { } held ? (held ? 1L : 0) : (long?)null)
            .With((long)limit).With((long)skip),
        "holdout", "claimed");

    /// <summary>
    /// Returns what happened to a customer, the latest first: the carts and messages of the customer and of the anonymous shopper that the customer
    /// was before.
    /// </summary>
    /// <param name="reports">The reports.</param>
    /// <param name="storeId">The store.</param>
    /// <param name="userId">The customer's id.</param>
    /// <param name="customer">The customer's key.</param>
    /// <param name="kind">One of <see cref="Kinds"/>; <see langword="null"/> for all.</param>
    /// <param name="period">When it happened (ms since 1970 UTC).</param>
    /// <param name="skip">Number of the latest to skip.</param>
    /// <param name="limit">Maximum number to return.</param>
    public static ReportTable TimelineOf(
        JourneyReports reports, string storeId, string userId, Hash128 customer, string? kind, (long From, long Before) period, int skip, int limit)
    {
        var table = reports.Table($"""
            WITH own AS (
                SELECT id FROM journey WHERE store=?1 AND subject IN (SELECT ?3 UNION SELECT subject FROM identity WHERE customer=?3)
                UNION SELECT id FROM journey WHERE store=?1 AND user_id=?2),
            j AS (SELECT journey.* FROM own JOIN journey ON journey.id=own.id),
            i AS (SELECT intervention.*, j.standing=0 AS claimed FROM j JOIN intervention ON intervention.journey=j.id)
            SELECT * FROM (
                SELECT started_at AS at, 'triggered' AS kind, campaign, variant, NULL AS step, NULL AS channel, cart_id, NULL AS id, holdout AS reason, NULL AS detail,
                    NULL AS due_at, NULL AS message, value/10000.0 AS value, currency, standing=0 AS claimed FROM j
                {Message("planned", "decided_at", "state=0")} {Message("sending", "sent_at", "state=1")} {Message("sent", "sent_at", "state=2")}
                {Message("not_sent", "ended_at", "state=3")} {Message("delivered", MessageSql.DeliveredAt)} {Message("opened", "opened_at")}
                {Message("clicked", "clicked_at")} {Message("dismissed", "dismissed_at")}
                UNION ALL SELECT c.at, CASE WHEN c.value<0 THEN 'refund' ELSE 'order' END, j.campaign, j.variant, NULL, NULL, c.cart_id, c.intervention, 0, c.touch, NULL, NULL,
                    c.value/10000.0, c.currency, c.verified=0 FROM j JOIN conversion c ON c.journey=j.id)
            WHERE at>=?4 AND at<?5 AND (?6 IS NULL OR kind=?6) ORDER BY at DESC, id, kind LIMIT ?7 OFFSET ?8
            """,
            ["at", "kind", "campaign", "variant", "step", "channel", "cartId", "intervention", "reason", "detail", "dueAt", "message", "value", "currency", "claimed"],
            rows => rows.With(storeId).With(userId).With(customer).With(period.From).With(period.Before).With(kind).With((long)limit).With((long)skip), "claimed");
        InterventionList.NameReasons(table);
        return table;
    }

    static string Message(string kind, string at, string? state = null) => $"""
        UNION ALL SELECT {at}, '{kind}', campaign, variant, step, channel, cart_id, id, {(state is null ? "0" : "reason")}, {(state is null ? "NULL" : "detail")},
            {(kind == "planned" ? "due_at" : "NULL")}, {(state is null ? "NULL" : "message")}, NULL, NULL, claimed FROM i WHERE {state ?? $"{at} IS NOT NULL"}
        """;
}
