using CartRecovery.Engine.ControlPlane.Stores;
using CartRecovery.Engine.Exports;
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

    static object?[] Row(string type, string cart, string? user, string meta)
    {
        var row = new object?[EventRows.Columns.Count];
        (row[0], row[1], row[2], row[3], row[4], row[12]) = ("e1", type, "demo", cart, user, meta);
        return row;
    }
}
