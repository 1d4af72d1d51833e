using System.Security.Cryptography;
using System.Text;
using CartRecovery.Engine.Journeys.Tables;
using CartRecovery.Engine.Storage;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Journeys.Erasure;

/// <summary>
/// Erases a person's rows in the caller's transaction, and destroys their keys. Idempotent. SQLite overwrites deleted rows with zeros. Journey thread only.
/// </summary>
/// <param name="store">The store.</param>
sealed class PersonEraser(JourneyStore store)
{
    const long Day = 86_400_000;

    readonly Dictionary<string, long> _counts = new(StringComparer.Ordinal);

    /// <summary>Erases a person.</summary>
    /// <param name="person">The person.</param>
    /// <param name="rows">Their rows.</param>
    /// <param name="keepsAmounts">Whether to keep journeys, messages and orders for reports, by day and with random keys instead of all identifiers.</param>
    /// <returns>The numbers of deleted or anonymised rows by kind, and the ids of messages that were not sent yet.</returns>
    /// <exception cref="IOException">The database or the keys cannot be written. A repeated call continues.</exception>
    public (IReadOnlyDictionary<string, long> Counts, IReadOnlyList<string> Unsent) Erase(Person person, PersonRows rows, bool keepsAmounts)
    {
        store.Database.Execute("PRAGMA secure_delete=ON");
        try
        {
            var unsent = UnsentOf(rows.Journeys);
            foreach (var journey in rows.Journeys)
            {
                EraseJourney(journey, keepsAmounts);
            }

            EraseOrders(person, rows, keepsAmounts);
            EraseCarts(person, rows);
            EraseCustomer(person);
            EraseExposures(person, rows);
            EraseAddresses(person);
            return (_counts, unsent);
        }
        finally
        {
            store.Database.Execute("PRAGMA secure_delete=FAST");
        }
    }

    List<string> UnsentOf(IReadOnlyList<long> journeys)
    {
        var found = new List<string>();
        using var unsent = new Query(store.Database, $"SELECT id FROM intervention WHERE journey=?1 AND state IN ({MessageState.Scheduled:D}, {MessageState.Sending:D})");
        foreach (var journey in journeys)
        {
            for (unsent.Rows.With(journey); unsent.Rows.Next();)
            {
                found.Add(unsent.Rows.Text(0));
            }
        }

        return found;
    }

    void EraseJourney(long journey, bool keepsAmounts)
    {
        using (var contents = new Query(store.Database, "DELETE FROM content WHERE id>=?1 AND id<?2"))
        {
            contents.Rows.With(journey << ContentTable.StepBits).With((journey + 1) << ContentTable.StepBits);
            Count("contents", contents.Rows.Run());
        }

        if (!keepsAmounts)
        {
            Run("messages", "DELETE FROM intervention WHERE journey=?1", journey);
            Run("conversions", "DELETE FROM conversion WHERE journey=?1", journey);
            Run("journeys", "DELETE FROM journey WHERE id=?1", journey);
            return;
        }

        // One key for each journey: a common key would still tell which orders belong to one person.
        var key = NewKey();
        Run("messages", $"DELETE FROM intervention WHERE journey=?1 AND state IN ({MessageState.Scheduled:D}, {MessageState.Sending:D})", journey);
        Keyed("messages anonymised", $"""
            UPDATE intervention SET id='an_' || lower(hex(randomblob(16))), subject=?2, cart=?2, cart_id='', user_id=NULL, detail=NULL, message=NULL, reached=NULL,
                {Days("decided_at", "due_at", "useful_until", "sent_at", "ended_at", "delivered_at", "opened_at", "clicked_at", "dismissed_at")} WHERE journey=?1
            """, journey, key);
        Keyed("orders anonymised", $"""
            UPDATE conversion SET id=randomblob(16), subject=?2, cart=?2, cart_id='', intervention=NULL, product=0, lines=NULL, {Days("at", "received_at")} WHERE journey=?1
            """, journey, key);
        Keyed("journeys anonymised", $"""
            UPDATE journey SET subject=?2, cart=?2, cart_id='', customer=NULL, user_id=NULL, connection=0,
                state=CASE state WHEN {JourneyState.Active:D} THEN {JourneyState.Exited:D} ELSE state END, {Days("started_at", "turned_at", "received_at")} WHERE id=?1
            """, journey, key);
    }

    void EraseOrders(Person person, PersonRows rows, bool keepsAmounts)
    {
        using var refunds = new Query(store.Database, "DELETE FROM refund WHERE store=?1 AND order_id=?2");
        using var ofExperiments = new Query(store.Database, "DELETE FROM conversion WHERE store=?1 AND order_id=?2 AND journey=0");
        using var orders = new Query(store.Database, "DELETE FROM shop_order WHERE store=?1 AND id=?2");
        using var rename = new Query(store.Database, "UPDATE conversion SET order_id=?3 WHERE store=?1 AND order_id=?2");
        using var delete = new Query(store.Database, "DELETE FROM conversion WHERE store=?1 AND order_id=?2");
        foreach (var order in rows.Orders.Concat(rows.Refunds).Distinct(StringComparer.Ordinal))
        {
            Count("refunds", refunds.Rows.With(person.Store).With(order).Run());
            Count("conversions", ofExperiments.Rows.With(person.Store).With(order).Run());
            Count("order ids", orders.Rows.With(person.Store).With(order).Run());
            if (keepsAmounts)
            {
                rename.Rows.With(person.Store).With(order).With($"a:{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16))}").Run();
            }
            else
            {
                Count("conversions", delete.Rows.With(person.Store).With(order).Run());
            }
        }
    }

    void EraseCarts(Person person, PersonRows rows)
    {
        using var codes = new Query(store.Database, "DELETE FROM code WHERE store=?1 AND code=?2");
        foreach (var code in rows.Codes)
        {
            Count("codes", codes.Rows.With(person.Store).With(code).Run());
        }

        foreach (var cart in rows.Merged)
        {
            Of("merged carts", "DELETE FROM merged WHERE cart=?1", cart);
        }

        foreach (var cart in person.CartKeys)
        {
            Of("product names", "DELETE FROM cart_product WHERE cart=?1", cart);
            Of("first contacts", "DELETE FROM unproven WHERE cart=?1", cart);
        }
    }

    void EraseCustomer(Person person)
    {
        Of("identities", "DELETE FROM identity WHERE customer=?1", person.Customer);
        Of("purchases", "DELETE FROM purchase WHERE owner=?1", person.Customer);
        foreach (var owner in person.Owners)
        {
            Of("contacts", "DELETE FROM contact WHERE owner=?1", owner);
            Of("consents", "DELETE FROM consent WHERE owner=?1", owner);
            Of("consent records", "DELETE FROM consent_record WHERE owner=?1", owner);
            Of("identities", "DELETE FROM identity WHERE subject=?1", owner);
            Count("keys destroyed", store.People.Destroy(owner));
        }
    }

    // Experiments identify a person by user id and, for visits without a sign-in, by cart id.
    void EraseExposures(Person person, PersonRows rows)
    {
        using var orders = new Query(store.Database,
            "DELETE FROM exposure_order WHERE store=?1 AND subject=?2 AND experiment IN (SELECT experiment FROM exposure WHERE store=?1 AND subject=?2)");
        using var exposures = new Query(store.Database, "DELETE FROM exposure WHERE store=?1 AND subject=?2");
        foreach (var subject in rows.Carts.Select(cart => person.Ids.CustomerOf(Encoding.UTF8.GetBytes(cart))).Append(person.Customer))
        {
            orders.Rows.With(person.Store).With(subject).Run();
            Count("exposures", exposures.Rows.With(person.Store).With(subject).Run());
        }
    }

    // Suppressions stay, as keyed hashes: without them, the addresses would receive messages again.
    void EraseAddresses(Person person)
    {
        foreach (var address in person.Addresses)
        {
            var key = store.Addresses.Of(person.Store, address);
            Of("soft bounces", "DELETE FROM soft_bounce WHERE reached=?1", key);
            Of("first contacts", "DELETE FROM unproven WHERE reached=?1", key);
            if (!store.People.IsSealing)
            {
                using var suppressed = new Query(store.Database, "DELETE FROM suppression WHERE store=?1 AND value=?2");
                var folded = AddressKeys.Fold(address);
                foreach (var kept in new[] { folded, AddressKeys.WithoutTag(folded) }.Distinct())
                {
                    Count("suppressions", suppressed.Rows.With(person.Store).With(kept).Run());
                }
            }
        }
    }

    static string Days(params string[] columns) => string.Join(", ", columns.Select(column => $"{column}={column}-{column}%{Day}"));

    static Hash128 NewKey()
    {
        Span<byte> bytes = stackalloc byte[16];
        RandomNumberGenerator.Fill(bytes);
        return new Hash128(BitConverter.ToUInt64(bytes), BitConverter.ToUInt64(bytes[8..]) | 1);
    }

    void Run(string kind, string sql, long journey)
    {
        using var statement = new Query(store.Database, sql);
        Count(kind, statement.Rows.With(journey).Run());
    }

    void Keyed(string kind, string sql, long journey, in Hash128 key)
    {
        using var statement = new Query(store.Database, sql);
        Count(kind, statement.Rows.With(journey).With(key).Run());
    }

    void Of(string kind, string sql, in Hash128 key)
    {
        using var statement = new Query(store.Database, sql);
        Count(kind, statement.Rows.With(key).Run());
    }

    void Count(string kind, long rows) => _counts[kind] = _counts.GetValueOrDefault(kind) + rows;
}
