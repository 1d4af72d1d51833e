using CartRecovery.Contracts;
using CartRecovery.Engine.Decisions;
using CartRecovery.Engine.Events.Identity;
using CartRecovery.Engine.Journeys.Policy;
using CartRecovery.Engine.Journeys.Tables;
using CartRecovery.Engine.State;
using CartRecovery.Engine.Storage;

namespace CartRecovery.Engine.Journeys.Reports;

/// <summary>
/// Queries journeys, messages and orders over a connection of its own. Sees committed data and blocks no writer. Any thread; one query at a
/// time.
/// </summary>
/// <param name="path">The database file.</param>
public sealed class JourneyReports(string path) : IDisposable
{
    // An order may be several events, one for each product. Null for refunds, and for what was refunded or cancelled as a whole.
    internal const string Order = "CASE WHEN c.value>0 AND c.returned=0 THEN coalesce(c.order_id, c.cart_id || ' ' || c.at) END";

    readonly Database _database = new(path, isReader: true);
    readonly Lock _gate = new();

    /// <summary>Reports the results of contacting a store's shoppers.</summary>
    /// <param name="storeId">The store.</param>
    /// <param name="currency">The store's currency, that of all figures. Orders in another are converted if there is a rate, and else apart.</param>
    /// <param name="from">Journeys that started at or after this time (ms since 1970 UTC).</param>
    /// <param name="to">Journeys that started before this time (ms since 1970 UTC).</param>
    /// <param name="rates">The exchange rates.</param>
    public RevenueReport Revenue(string storeId, string currency, long from, long to, ExchangeRates? rates = null)
    {
        var worth = WorthIn(currency, rates);
        lock (_gate)
        {
            var groups = new SpendingGroup[5];
            using var spending = new Query(_database, $"""
                SELECT CASE WHEN isBot THEN 4 ELSE holdout + 2*isClaimed END AS side, count(*), sum(spent)/10000.0, sum(spent*1.0*spent)/100000000.0 FROM (
                    SELECT j.subject, max(j.holdout) AS holdout, max(j.standing)=0 AS isClaimed, max(j.bot)>0 AS isBot, sum(coalesce(c.value, 0)) AS spent
                    FROM journey j LEFT JOIN (
                        SELECT c.journey, sum(c.value*{worth}) AS value FROM conversion c WHERE c.store=?1 AND c.verified=1 GROUP BY c.journey) c ON c.journey=j.id
                    WHERE j.store=?1 AND j.started_at>=?2 AND j.started_at<?3 GROUP BY j.subject)
                GROUP BY side
                """);
            for (var row = spending.Rows.With(storeId).With(from).With(to); row.Next();)
            {
                groups[row.Int(0)] = new SpendingGroup(row.Long(1), row.DoubleOrNull(2) ?? 0, row.DoubleOrNull(3) ?? 0);
            }

            using var attributed = new Query(_database, $"""
                SELECT coalesce(sum(c.value*{worth}), 0)/10000.0, count(DISTINCT {Order}) FROM conversion c JOIN journey j ON j.id=c.journey
                WHERE c.store=?1 AND {worth} IS NOT NULL AND c.verified=1 AND c.touch IS NOT NULL AND j.started_at>=?2 AND j.started_at<?3
                    AND NOT EXISTS(SELECT 1 FROM journey b WHERE b.subject=j.subject AND b.bot>0)
                """);
            attributed.Rows.With(storeId).With(from).With(to).Next();
            return new RevenueReport(currency, IncrementalRevenue.Of(groups[0], groups[1]), attributed.Rows.DoubleOrNull(0) ?? 0,
                attributed.Rows.Long(1), groups[0], groups[1], groups[2], groups[3], groups[4])
            {
                ByCurrency = ByCurrency(storeId, currency, worth, from, to),
            };
        }
    }

    List<CurrencyRevenue> ByCurrency(string storeId, string currency, string worth, long from, long to)
    {
        var found = new List<CurrencyRevenue>();
        using var query = new Query(_database, $"""
            SELECT c.currency, count(DISTINCT {Order}), sum(c.value)/10000.0, count(DISTINCT CASE WHEN c.touch IS NOT NULL THEN {Order} END),
                coalesce(sum(CASE WHEN c.touch IS NOT NULL THEN c.value END), 0)/10000.0, sum(c.value*{worth})/10000.0
            FROM conversion c JOIN journey j ON j.id=c.journey WHERE c.store=?1 AND c.verified=1 AND j.started_at>=?2 AND j.started_at<?3
                AND NOT EXISTS(SELECT 1 FROM journey b WHERE b.subject=j.subject AND b.bot>0)
            GROUP BY c.currency ORDER BY c.currency<>?4, c.currency
            """);
        for (var row = query.Rows.With(storeId).With(from).With(to).With(currency); row.Next();)
        {
            found.Add(new CurrencyRevenue(row.Text(0), row.Long(1), row.DoubleOrNull(2) ?? 0, row.Long(3), row.DoubleOrNull(4) ?? 0, row.DoubleOrNull(5)));
        }

        return found;
    }

    // SQL: rate from the row's currency to the store's; NULL without a rate.
    internal static string WorthIn(string currency, ExchangeRates? rates)
    {
        var others = (rates ?? ExchangeRates.None).Currencies.Where(code => code != currency).Select(code => (Code: code, Factor: rates!.Factor(code, currency)));
        var rows = others.Where(other => double.IsFinite(other.Factor)).Select(other => FormattableString.Invariant($"WHEN '{other.Code}' THEN {other.Factor:E16} "));
        return $"CASE c.currency WHEN '{currency}' THEN 1 {string.Concat(rows)}END";
    }

    /// <summary>
    /// Reports campaigns and their variants, with the probability that the variants' sizes arose by chance. The orders and revenues of all rows
    /// add up to those of <see cref="Revenue"/>.
    /// </summary>
    /// <param name="storeId">The store.</param>
    /// <param name="currency">The store's currency; orders in another are converted if there is a rate, and else excluded.</param>
    /// <param name="campaigns">The configured campaigns, for the variants' weights and the rates.</param>
    /// <param name="from">Journeys that started at or after this time (ms since 1970 UTC).</param>
    /// <param name="to">Journeys that started before this time (ms since 1970 UTC).</param>
    public ReportTable Performance(string storeId, string currency, CampaignSet campaigns, long from, long to)
    {
        var worth = WorthIn(currency, campaigns.Rates);
        var table = Table($"""
            WITH shopper AS (
                SELECT subject, max(holdout) AS holdout, max(standing)=0 AS claimed, max(bot)>0 AS bot FROM journey
                WHERE store=?1 AND started_at>=?2 AND started_at<?3 GROUP BY subject)
            SELECT j.campaign, j.variant, count(DISTINCT CASE WHEN j.holdout=0 THEN j.subject END), count(*), sum(j.holdout),
                coalesce(sum(i.sent), 0), coalesce(sum(i.delivered), 0), coalesce(sum(i.opened), 0), coalesce(sum(i.clicked), 0), coalesce(sum(i.withheld), 0),
                {Sums("NOT s.claimed AND NOT s.holdout", "orders")}, {Sums("1", "attributed_orders", "attributed")},
                {Sums("NOT s.claimed AND s.holdout", "orders")}, {Sums("s.claimed", "orders")}, ?4,
                (SELECT s.why FROM stopped s WHERE s.campaign=j.campaign AND s.variant=j.variant)
            FROM journey j JOIN shopper s ON s.subject=j.subject
            LEFT JOIN (SELECT journey, sum(state={MessageState.Sent:D}) AS sent, sum({MessageSql.IsDelivered}) AS delivered, sum(opened_at IS NOT NULL) AS opened,
                sum(clicked_at IS NOT NULL) AS clicked, sum(state={MessageState.Withheld:D}) AS withheld FROM intervention WHERE store=?1 GROUP BY journey) i ON i.journey=j.id
            LEFT JOIN (SELECT c.journey, count(DISTINCT {Order}) AS orders, sum(c.value*{worth}) AS value,
                count(DISTINCT CASE WHEN c.touch IS NOT NULL THEN {Order} END) AS attributed_orders, sum(CASE WHEN c.touch IS NOT NULL THEN c.value*{worth} END) AS attributed
                FROM conversion c WHERE c.store=?1 AND c.verified=1 AND {worth} IS NOT NULL GROUP BY c.journey) c ON c.journey=j.id
            WHERE j.store=?1 AND j.started_at>=?2 AND j.started_at<?3 AND NOT s.bot GROUP BY j.campaign, j.variant ORDER BY j.campaign, j.variant
            """,
            [
                "campaign", "variant", "shoppers", "journeys", "holdout", "sent", "delivered", "opened", "clicked", "withheld", "orders", "revenue",
                "attributedOrders", "attributedRevenue", "holdoutOrders", "holdoutRevenue", "claimedOrders", "claimedRevenue", "currency", "stopped",
            ],
            rows => rows.With(storeId).With(from).With(to).With(currency));
        return WithSampleRatio(table, campaigns);

        static string Sums(string which, string orders, string value = "value") =>
            $"coalesce(sum(CASE WHEN {which} THEN c.{orders} END), 0), coalesce(sum(CASE WHEN {which} THEN c.{value} END), 0)/10000.0";
    }

    /// <summary>Reports the outcomes of each channel's messages.</summary>
    public ReportTable Channels(string storeId, long from, long to) => Table($"""
        SELECT channel, count(*) AS planned, sum(state={MessageState.Sent:D}) AS sent, sum({MessageSql.IsDelivered}) AS delivered, sum(opened_at IS NOT NULL) AS opened,
            sum(clicked_at IS NOT NULL) AS clicked, sum(dismissed_at IS NOT NULL) AS dismissed,
            sum(state={MessageState.Withheld:D} AND reason={WithheldReason.Failed:D}) AS failed,
            sum(state={MessageState.Withheld:D} AND reason={WithheldReason.Rejected:D}) AS rejected,
            sum(state={MessageState.Withheld:D} AND reason={WithheldReason.Bounced:D}) AS bounced,
            sum(state={MessageState.Withheld:D} AND reason={WithheldReason.SoftBounced:D}) AS soft_bounced,
            sum(state={MessageState.Withheld:D} AND reason NOT IN ({WithheldReason.Failed:D}, {WithheldReason.Rejected:D},
                {WithheldReason.Bounced:D}, {WithheldReason.SoftBounced:D})) AS withheld,
            sum(state={MessageState.Scheduled:D} AND attempts=0) AS waiting, sum(state={MessageState.Scheduled:D} AND attempts>0) AS postponed,
            sum(state={MessageState.Sending:D}) AS sending
        FROM intervention WHERE store=?1 AND decided_at>=?2 AND decided_at<?3 GROUP BY channel ORDER BY channel
        """, ["channel", "planned", "sent", "delivered", "opened", "clicked", "dismissed", "failed", "rejected", "bounced", "softBounced", "withheld",
            "waiting", "postponed", "sending"],
        rows => rows.With(storeId).With(from).With(to));

    /// <summary>Reports the funnel of each campaign, from trigger to message to order.</summary>
    public ReportTable Conversion(string storeId, long from, long to) => Table($"""
        SELECT j.campaign, count(*) AS triggered, sum(coalesce(i.sent, 0)>0) AS contacted, sum(coalesce(i.seen, 0)>0) AS seen, sum(coalesce(i.clicked, 0)>0) AS clicked,
            sum(coalesce(i.sent, 0)>0 AND coalesce(c.orders, 0)>0) AS bought, sum(j.holdout) AS leftAlone, sum(j.holdout AND coalesce(c.orders, 0)>0) AS leftAloneBought
        FROM journey j
        LEFT JOIN (SELECT journey, sum(state={MessageState.Sent:D}) AS sent, sum({MessageSql.IsSeen}) AS seen,
            sum(clicked_at IS NOT NULL) AS clicked FROM intervention WHERE store=?1 GROUP BY journey) i ON i.journey=j.id
        LEFT JOIN (SELECT journey, sum(value>0 AND returned=0) AS orders FROM conversion WHERE store=?1 AND verified=1 GROUP BY journey) c ON c.journey=j.id
        WHERE j.store=?1 AND j.started_at>=?2 AND j.started_at<?3 AND j.bot=0 GROUP BY j.campaign ORDER BY j.campaign
        """, ["campaign", "triggered", "contacted", "seen", "clicked", "bought", "leftAlone", "leftAloneBought"],
        rows => rows.With(storeId).With(from).With(to));

    /// <summary>Lists orders of shoppers with a journey, latest first.</summary>
    public ReportTable Conversions(string storeId, long from, long to, int most, int skip = 0) => Table($"""
            SELECT cart_id, at, value/10000.0, currency, verified<>0, journey, intervention, touch FROM conversion
            WHERE store=?1 AND at>=?2 AND at<?3 AND journey<>0 ORDER BY at DESC, rowid DESC LIMIT {most} OFFSET {skip}
            """, ["cartId", "at", "value", "currency", "verified", "journey", "intervention", "touch"],
        rows => rows.With(storeId).With(from).With(to), "verified");

    /// <summary>Counts withheld interventions by campaign, channel and reason.</summary>
    public ReportTable Reasons(string storeId, long from, long to)
    {
        var table = Table($"""
            SELECT campaign, channel, reason, count(*) FROM intervention
            WHERE store=?1 AND decided_at>=?2 AND decided_at<?3 AND state={MessageState.Withheld:D}
            GROUP BY campaign, channel, reason ORDER BY campaign, channel, 4 DESC
            """, ["campaign", "channel", "reason", "count"], rows => rows.With(storeId).With(from).With(to));
        table.Rows.ForEach(row => row[2] = WithheldReasons.NameOf((WithheldReason)(long)row[2]!));
        return table;
    }

    /// <summary>Returns a message's customer, channel and send time, or <see langword="null"/> if it is unknown.</summary>
    public (string? UserId, Standing UserStanding, string Channel, long? SentAt)? MessageOf(string storeId, string id) => Ask(
        "SELECT i.user_id, i.address, i.sent_at, coalesce(j.user_standing, 0) FROM intervention i LEFT JOIN journey j ON j.id=i.journey WHERE i.store=?1 AND i.id=?2",
        rows => rows.With(storeId).With(id).Next()
            ? (rows.TextOrNull(0), (Standing)rows.Int(3), (AddressKind)rows.Int(1) switch { AddressKind.Phone => "sms", AddressKind.Push => "push", _ => "email" },
                rows.LongOrNull(2))
            : ((string?, Standing, string, long?)?)null);

    /// <summary>Runs another query.</summary>
    internal T Ask<T>(string sql, Func<Statement, T> ask)
    {
        lock (_gate)
        {
            using var query = new Query(_database, sql);
            return ask(query.Rows);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _database.Dispose();

    /// <summary>Reads a table by a query.</summary>
    /// <param name="sql">The query.</param>
    /// <param name="columns">The names of its columns.</param>
    /// <param name="bind">Binds its parameters.</param>
    /// <param name="booleans">The columns that are Booleans, which SQLite stores as numbers.</param>
    internal ReportTable Table(string sql, string[] columns, Func<Statement, Statement> bind, params string[] booleans) => Ask(sql, rows =>
    {
        var table = new ReportTable(columns);
        int[] numbers = [.. booleans.Select(name => Array.IndexOf(columns, name))];
        for (bind(rows); rows.Next();)
        {
            object?[] row = [.. Enumerable.Range(0, columns.Length).Select(rows.Value)];
            foreach (var i in numbers)
            {
                row[i] = row[i] is long number ? number != 0 : row[i];
            }

            table.Rows.Add(row);
        }

        return table;
    });

    static ReportTable WithSampleRatio(ReportTable table, CampaignSet campaigns)
    {
        var whole = new ReportTable([.. table.Columns, "sampleRatioProbability", "sampleRatioMismatch"]);
        foreach (var rows in table.Rows.GroupBy(row => (string)row[0]!))
        {
            var weights = campaigns.Find(rows.Key)?.Variants.ToDictionary(v => v.Name, v => (double)v.Weight, StringComparer.Ordinal) ?? [];
            var sides = rows.Where(row => weights.ContainsKey((string)row[1]!)).ToArray();
            double? probability = sides.Length < 2 ? null
                : SampleRatio.Probability([.. sides.Select(row => (long)row[2]!)], [.. sides.Select(row => weights[(string)row[1]!])]);
            foreach (var row in rows)
            {
                // Without an experiment there is nothing to compare.
                whole.Rows.Add([.. row, probability, probability < SampleRatio.Mismatch]);
            }
        }

        return whole;
    }
}
