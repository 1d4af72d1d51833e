using CartRecovery.Engine.Journeys.Tables;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Journeys.Tables;

public class JourneySchemaTests
{
    [TestCase("intervention_due", "state = 0")]
    [TestCase("intervention_sending", "state = 1")]
    public void Partial_indexes_use_the_states_numbers(string index, string condition)
    {
        using var store = new JourneyStore(":memory:");
        Assert.That(TextOf(store, $"SELECT sql FROM sqlite_master WHERE name='{index}'", column: 0), Does.EndWith($"WHERE {condition}"));
    }

    [TestCase("SELECT id FROM intervention WHERE state={0} AND channel=?1 AND due_at<=?2", MessageState.Scheduled, "intervention_due")]
    [TestCase("SELECT id FROM intervention WHERE state={0}", MessageState.Sending, "intervention_sending")]
    [TestCase("SELECT owner FROM contact WHERE store=?3 AND user_id IS NOT NULL AND owner>coalesce(?1, x'') ORDER BY owner LIMIT ?2", MessageState.Sending, "contact_named")]
    public void A_query_by_state_uses_its_partial_index(string sql, MessageState state, string index)
    {
        using var store = new JourneyStore(":memory:");
        Assert.That(TextOf(store, "EXPLAIN QUERY PLAN " + sql.Replace("{0}", $"{state:D}", StringComparison.Ordinal), column: 3), Does.Contain(index));
    }

    [Test]
    public void A_database_of_before_bots_were_told_and_orders_had_ids_is_taken_over()
    {
        using var scratch = new Scratch();
        using (var store = new JourneyStore(scratch.PathOf("journeys.db")))
        {
            store.Database.Execute("""
                INSERT INTO journey(id, store, cart, cart_id, subject, campaign, variant, holdout, state, started_at, turned_at, value, currency, connection, standing, user_standing)
                VALUES(1, 'shop', x'01', 'c', x'01', 'left', 'a', 0, 1, 5, 5, 0, 'EUR', 0, 2, 2);
                INSERT INTO conversion(id, store, cart, cart_id, subject, at, value, currency, verified, journey) VALUES(x'02', 'shop', x'0a', 'c', x'01', 5, 70000, 'EUR', 1, 1);
                INSERT INTO conversion(id, store, cart, cart_id, subject, at, value, currency, verified, journey) VALUES(x'03', 'shop', x'0a', 'c', x'01', 6, -10000, 'EUR', 1, 1);
                ALTER TABLE journey DROP COLUMN bot;
                ALTER TABLE journey DROP COLUMN received_at;
                DROP INDEX conversion_order;
                ALTER TABLE conversion DROP COLUMN order_id;
                ALTER TABLE conversion DROP COLUMN product;
                ALTER TABLE conversion DROP COLUMN received_at;
                ALTER TABLE conversion DROP COLUMN lines;
                ALTER TABLE conversion DROP COLUMN returned;
                DROP TABLE refund;
                ALTER TABLE product DROP COLUMN variant;
                ALTER TABLE product DROP COLUMN base;
                ALTER TABLE cart_product DROP COLUMN id;
                ALTER TABLE cart_product DROP COLUMN variant;
                DROP TABLE shop_order;
                ALTER TABLE intervention DROP COLUMN attempts;
                DROP INDEX intervention_alone;
                ALTER TABLE intervention DROP COLUMN features;
                INSERT INTO contact(owner, store, zone, at) VALUES(x'05', 'shop', 'UTC', 7);
                DROP INDEX contact_named;
                ALTER TABLE contact DROP COLUMN user_id;
                ALTER TABLE contact DROP COLUMN created_at;
                PRAGMA user_version=4
                """);
        }

        using var again = new JourneyStore(scratch.PathOf("journeys.db"));
        Assert.That(TextOf(again, "SELECT campaign || bot || ' ' || received_at FROM journey", column: 0), Is.EqualTo("left0 5"));
        Assert.That(TextOf(again, "SELECT zone || created_at || coalesce(user_id, ' none') FROM contact", column: 0), Is.EqualTo("UTC7 none"));
        Assert.That(TextOf(again, "SELECT group_concat(value || ' ' || coalesce(order_id, 'none'), ', ') FROM (SELECT * FROM conversion ORDER BY at)", column: 0),
            Is.EqualTo("70000 c:0a:5, -10000 c:0a:5"));
        Assert.That(TextOf(again, "SELECT order_id || ' ' || currency || ' ' || amount FROM refund", column: 0), Is.EqualTo("c:0a:5 EUR 10000"));
    }

    static string TextOf(JourneyStore store, string sql, int column)
    {
        var row = store.Database.Prepare(sql);
        Assert.That(row.Next(), Is.True);
        var text = row.Text(column);
        row.Reset();
        return text;
    }
}
