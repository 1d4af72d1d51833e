using System.Runtime.InteropServices;
using CartRecovery.Engine.Journeys.Erasure;
using CartRecovery.Engine.Storage;
using CartRecovery.Primitives;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Journeys.Erasure;

public sealed class PersonRowsTests
{
    const string Shared = "a-shared-cart";

    [Test]
    public void Codes_and_refunds_of_another_customer_in_a_shared_cart_are_not_the_persons()
    {
        using var scratch = new Scratch();
        var path = scratch.PathOf("outreach.db");
        new JourneyFixture([JourneyFixture.Series(JourneyFixture.Step("mail"))], path: path).Dispose();
        using var database = new Database(path);
        Add(database, "1", "anna");
        Add(database, "2", "bob");

        var rows = PersonRows.Find(path, new Person("shop", "anna", JourneyFixture.Stores.Find("shop")!.Ids, [Shared], [], []), [], default);
        Assert.That(rows.Journeys, Is.EqualTo(new[] { 1L }));
        Assert.That(rows.Codes, Is.EqualTo(new[] { "code-of-anna" }));
        Assert.That(rows.Orders, Is.EqualTo(new[] { "o:of-anna" }));
        Assert.That(rows.Refunds, Is.EqualTo(new[] { "o:of-anna" }));
    }

    static void Add(Database database, string journey, string user)
    {
        var (cart, customer) = (HexOf(JourneyFixture.Cart(Shared)), HexOf(JourneyFixture.Customer(user)));
        database.Execute($"""
            INSERT INTO journey(id, store, cart, cart_id, customer, user_id, subject, campaign, variant, holdout, state, started_at, turned_at, value, currency,
                connection, standing, user_standing)
            VALUES({journey}, 'shop', X'{cart}', '{Shared}', X'{customer}', '{user}', X'{customer}', 'left', 'a', 0, 0, 1, 1, 100, 'EUR', 0, 0, 0)
            """);
        database.Execute($"""
            INSERT INTO intervention(id, journey, store, subject, cart, cart_id, user_id, campaign, variant, step, channel, address, offer, context, propensity,
                state, reason, decided_at, due_at, useful_until)
            VALUES('message-of-{user}', {journey}, 'shop', X'{customer}', X'{cart}', '{Shared}', '{user}', 'left', 'a', 0, 'mail', 0, '', 0, 1.0, 0, 0, 1, 1, 1)
            """);
        database.Execute($"""
            INSERT INTO code(store, code, intervention, cart_id, percent, issued_at, used_at, used_by)
            VALUES('shop', 'code-of-{user}', 'message-of-{user}', '{Shared}', 10.0, 1, 2, '{Shared}')
            """);
        database.Execute($"""
            INSERT INTO conversion(id, store, cart, cart_id, subject, at, value, currency, verified, journey, order_id)
            VALUES(X'{customer}', 'shop', X'{cart}', '{Shared}', X'{customer}', 1, 100, 'EUR', 1, {journey}, 'o:of-{user}')
            """);
        database.Execute($"""
            INSERT INTO refund(store, order_id, event, cart, cart_id, at, received_at, lines)
            VALUES('shop', 'o:of-{user}', X'{customer}', X'{cart}', '{Shared}', 1, 1, X'')
            """);
    }

    static string HexOf(Hash128 key) => Convert.ToHexString(MemoryMarshal.AsBytes(new ReadOnlySpan<Hash128>(in key)));
}
