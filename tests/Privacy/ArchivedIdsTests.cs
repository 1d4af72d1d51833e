using CartRecovery.Engine.ControlPlane.Stores;
using CartRecovery.Engine.Events.Identity;
using CartRecovery.Engine.Exports;
using CartRecovery.Engine.Journeys.Erasure;
using CartRecovery.Engine.Privacy;

namespace CartRecovery.Tests.Privacy;

/// <summary>Collects what only an archive knows of a person.</summary>
public sealed class ArchivedIdsTests
{
    [Test]
    public void Carts_orders_and_addresses_of_events_that_name_the_user_are_collected()
    {
        var ids = new ArchivedIds(new Store(0, "demo", "demo"u8.ToArray(), TimeZoneInfo.Utc, "EUR"), "zoe");
        ids.Add(Row("identify", "old-cart", "zoe", """{"email":"Zoe@Mail.example","phone":"+31612345678","pushToken":"t1"}"""));
        ids.Add(Row("purchase", "older-cart", "zoe", """{"orderId":"o-1"}"""));
        ids.Add(Row("add_to_cart", "old-cart", "zoe", """{"orderId":"no-order"}"""));
        ids.Add(Row("identify", "others-cart", "berta", """{"email":"berta@mail.example"}"""));
        ids.Add(Row("purchase", "guest-cart", user: null, """{"orderId":"o-2"}"""));
        ids.Add(Row("identify", "old-cart", "zoe", "[]"));
        Assert.That(ids.Carts, Is.EquivalentTo(new[] { "old-cart", "older-cart" }));
        Assert.That(ids.Orders, Is.EquivalentTo(new[] { "o:o-1" }));
        Assert.That(ids.Addresses, Has.Count.EqualTo(3).And.Contain("+31612345678").And.Contain("t1"));
    }

    [Test]
    public void An_archive_names_people_as_the_shop_does_and_one_of_an_earlier_version_by_sealed_ids()
    {
        const string User = "zoe@mail.example", Cart = "+31612345678";
        var ids = new IdHasher("demo"u8) { Sealed = new SealedIds(new SealingSecret([1], PacksLongIds: true), "demo"u8) };
        var found = new ArchivedIds(new Store(0, "demo", "demo"u8.ToArray(), TimeZoneInfo.Utc, "EUR") { Ids = ids }, ids.StoredForm(User));
        found.Add(Row("page_view", Cart, User, "{}"));
        found.Add(Row("page_view", ids.StoredForm("+31687654321"), ids.StoredForm(User), "{}"));
        Assert.That(found.Carts, Is.EquivalentTo(new[] { ids.StoredForm(Cart), ids.StoredForm("+31687654321") }));

        var person = new ArchivedPerson(new Person("demo", ids.StoredForm(User), ids, [ids.StoredForm(Cart)], [], []));
        foreach (var (cart, user, isTheirs) in new (string, string?, bool)[]
                 {
                     ("c", User, true), ("c", ids.StoredForm(User), true), (Cart, null, true), (ids.StoredForm(Cart), null, true), (Cart, "berta", false), ("c", null, false),
                 })
        {
            Assert.That(person.Has(Row("page_view", cart, user, "{}")), Is.EqualTo(isTheirs), $"{cart} {user}");
        }
    }

    static object?[] Row(string type, string cart, string? user, string meta)
    {
        var row = new object?[EventRows.Columns.Count];
        (row[0], row[1], row[2], row[3], row[4], row[12]) = ("e1", type, "demo", cart, user, meta);
        return row;
    }
}
