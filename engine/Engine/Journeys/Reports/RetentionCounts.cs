using CartRecovery.Engine.Journeys.Tables;
using CartRecovery.Engine.Storage;

namespace CartRecovery.Engine.Journeys.Reports;

/// <summary>How many rows of a kind a store has, and how many of them are too old.</summary>
/// <param name="Kind">The kind of data.</param>
/// <param name="Setting">The setting that says how long they are kept.</param>
/// <param name="Retention">How long (ms); <see langword="null"/> for as long as nobody asks.</param>
/// <param name="Rows">The number of rows.</param>
/// <param name="Expired">The number of those that go with the next runs.</param>
/// <param name="Oldest">The time of the oldest (ms since 1970 UTC); <see langword="null"/> for none.</param>
public sealed record RetentionCount(string Kind, string Setting, long? Retention, long Rows, long Expired, long? Oldest);

/// <summary>Counts what the settings of retention would delete now. Deletes nothing.</summary>
public static class RetentionCounts
{
    const string Results = "contact.retention";

    // Of an ended journey, with its messages and orders.
    static readonly string s_isEnded = $"j.state<>{JourneyState.Active:D}";

    /// <summary>Counts a store's rows over a connection of its own.</summary>
    /// <param name="path">The database file.</param>
    /// <param name="store">The store's id.</param>
    /// <param name="options">The settings in force.</param>
    /// <param name="now">Milliseconds since 1970 UTC.</param>
    /// <exception cref="IOException">The database cannot be read.</exception>
    public static IReadOnlyList<RetentionCount> Of(string path, string store, JourneyOptions options, long now)
    {
        using var database = new Database(path, isReader: true);
        return
        [
            Count("journeys", Results, options.Retention, $"SELECT count(*), sum(j.started_at<?2 AND {s_isEnded}), min(j.started_at) FROM journey j WHERE j.store=?1"),
            Count("messages", Results, options.Retention, $"SELECT count(*), sum(j.started_at<?2 AND {s_isEnded}), min(i.decided_at) FROM intervention i JOIN journey j ON j.id=i.journey WHERE i.store=?1"),
            Count("orders", Results, options.Retention, $"SELECT count(*), sum(j.started_at<?2 AND {s_isEnded}), min(c.at) FROM conversion c JOIN journey j ON j.id=c.journey WHERE c.store=?1"),
            Count("orderIds", Results, options.Retention, OfTable("shop_order", "at")),
            Count("refunds", Results, options.Retention, OfTable("refund", "received_at")),
            Count("codes", Results, options.Retention, OfTable("code", "issued_at")),
            Count("firstContacts", Results, options.Retention, OfTable("unproven", "at")),
            Count("contacts", "contact.addressRetention", options.AddressRetention, OfTable("contact", "at")),
            Count("consentRecords", "contact.consentRetention", options.ConsentRetention,
                $"SELECT count(*), sum(at<?2 AND {RetentionTable.IsReplaced}), min(at) FROM consent_record WHERE store=?1"),
        ];

        RetentionCount Count(string kind, string setting, long? retention, string sql)
        {
            using var query = new Query(database, sql);
            query.Rows.With(store).With(retention is { } age ? now - age : long.MinValue).Next();
            return new RetentionCount(kind, setting, retention, query.Rows.Long(0), query.Rows.Long(1), query.Rows.LongOrNull(2));
        }
    }

    static string OfTable(string table, string column) => $"SELECT count(*), sum({column}<?2), min({column}) FROM {table} WHERE store=?1";
}
