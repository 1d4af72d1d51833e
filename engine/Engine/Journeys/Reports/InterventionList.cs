using System.Globalization;
using System.Text;
using CartRecovery.Engine.Journeys.Policy;
using CartRecovery.Engine.Journeys.Tables;
using CartRecovery.Engine.Storage;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Journeys.Reports;

/// <summary>Lists interventions, the latest first.</summary>
public static class InterventionList
{
    static readonly string s_columns = $"""
        id, campaign, variant, step, channel, offer, propensity, cart_id, user_id,
        CASE state WHEN {MessageState.Scheduled:D} THEN 'scheduled' WHEN {MessageState.Sending:D} THEN 'sending'
            WHEN {MessageState.Sent:D} THEN 'sent' ELSE 'withheld' END,
        reason, detail, decided_at, due_at, useful_until,
        sent_at, {MessageSql.DeliveredAt}, opened_at, clicked_at, dismissed_at, ended_at, message
        """;

    /// <summary>The columns' names.</summary>
    public static IReadOnlyList<string> Names { get; } =
    [
        "id", "campaign", "variant", "step", "channel", "offer", "propensity", "cartId", "userId", "state", "reason", "detail", "decidedAt", "dueAt",
        "usefulUntil", "sentAt", "deliveredAt", "openedAt", "clickedAt", "dismissedAt", "endedAt", "message",
    ];

    static readonly int s_sentAt = ColumnOf("sentAt"), s_decidedAt = ColumnOf("decidedAt");

    static int ColumnOf(string name) => Names.ToList().IndexOf(name);

    /// <summary>Returns the interventions that match.</summary>
    public static ReportTable Of(JourneyReports reports, InterventionFilter filter)
    {
        // A cart's interventions are found by its journeys; the unary plus keeps SQLite from using the store's index.
        var sql = new StringBuilder($"SELECT {s_columns} FROM intervention WHERE ")
            .Append(filter.Cart is null ? "store=?1 AND decided_at<?2" : $"{OfJourneys(3)} AND +store=?1 AND decided_at<?2");
        List<string?> texts = [filter.UserId, filter.Campaign, filter.Channel];
        string[] names = ["user_id", "campaign", "channel"];
        var number = filter.Cart is null ? 2 : 3;
        for (var i = 0; i < names.Length; i++)
        {
            if (texts[i] is not null)
            {
                sql.Append(CultureInfo.InvariantCulture, $" AND {names[i]}=?{++number}");
            }
        }

        if (filter.State is { } state)
        {
            sql.Append(CultureInfo.InvariantCulture, $" AND state={(int)state}");
        }

        if (filter.Reason is { } reason)
        {
            sql.Append(CultureInfo.InvariantCulture, $" AND reason={(int)reason}");
        }

        sql.Append(CultureInfo.InvariantCulture, $" AND decided_at>={filter.From} ORDER BY decided_at DESC, rowid DESC LIMIT {filter.Limit} OFFSET {filter.Skip}");
        return reports.Ask(sql.ToString(), rows =>
        {
            rows.With(filter.StoreId).With(filter.Before);
            if (filter.Cart is { } cart)
            {
                rows.With(cart);
            }

            foreach (var text in texts.Where(t => t is not null))
            {
                rows.With(text);
            }

            return Read(rows);
        });
    }

    /// <summary>Returns interventions after a place, the oldest first: the columns, and then the row's time and key.</summary>
    /// <param name="reports">The reports.</param>
    /// <param name="storeId">The store.</param>
    /// <param name="period">When they were decided (ms since 1970 UTC).</param>
    /// <param name="after">The place.</param>
    /// <param name="limit">Maximum number to return.</param>
    internal static List<object?[]> After(JourneyReports reports, string storeId, (long From, long To) period, RowPlace after, int limit) => reports.Ask($"""
        SELECT {s_columns} FROM intervention
        WHERE store=?1 AND decided_at>=?2 AND decided_at<?3 AND (decided_at>?4 OR id>?5) ORDER BY decided_at, id LIMIT ?6
        """, rows =>
    {
        var table = Read(rows.With(storeId).With(Math.Max(period.From, after.At)).With(period.To).With(after.At).With(after.Key).With((long)limit));
        return table.Rows.ConvertAll(row => (object?[])[.. row, row[s_decidedAt], row[0]]);
    });

    /// <summary>Returns one intervention of a store; no row if there is none.</summary>
    public static ReportTable One(JourneyReports reports, string storeId, string id) =>
        reports.Ask($"SELECT {s_columns} FROM intervention WHERE store=?1 AND id=?2", rows => Read(rows.With(storeId).With(id)));

    /// <summary>
    /// Returns a cart's interventions, oldest first; whether an order followed one; and when the last was sent (0 for never).
    /// </summary>
    public static (ReportTable Interventions, bool Recovered, long ContactedAt) OfCart(JourneyReports reports, string storeId, in Hash128 cart)
    {
        var key = cart;
        var table = reports.Ask($"""
            SELECT {s_columns} FROM intervention WHERE {OfJourneys(1)} AND +store=?2 ORDER BY decided_at LIMIT 500
            """, rows => Read(rows.With(key).With(storeId)));
        var recovered = reports.Ask("""
            SELECT 1 FROM conversion c JOIN intervention i ON i.journey=c.journey WHERE c.cart=?1 AND c.value>0 AND c.returned=0 AND i.sent_at<=c.at LIMIT 1
            """, rows => rows.With(key).Number() is not null);
        return (table, recovered, table.Rows.Max(row => row[s_sentAt] as long?) ?? 0);
    }

    // A cart's journeys: those of its anonymous shopper, whose key is the cart's, and others.
    static string OfJourneys(int cart) =>
        $"journey IN (SELECT id FROM journey WHERE subject=?{cart} AND cart=?{cart} UNION ALL SELECT id FROM journey WHERE cart=?{cart} AND subject<>cart)";

    static ReportTable Read(Statement rows)
    {
        var table = new ReportTable(Names);
        while (rows.Next())
        {
            table.Rows.Add([.. Enumerable.Range(0, Names.Count).Select(rows.Value)]);
        }

        NameReasons(table);
        return table;
    }

    /// <summary>Replaces the numbers in the column <c>reason</c> by names; that of no reason by null.</summary>
    internal static void NameReasons(ReportTable table)
    {
        var column = table.Columns.ToList().IndexOf("reason");
        table.Rows.ForEach(row => row[column] = row[column] is long number and not 0 ? WithheldReasons.NameOf((WithheldReason)number) : null);
    }
}
