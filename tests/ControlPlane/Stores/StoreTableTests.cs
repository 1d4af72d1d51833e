using System.Text;
using CartRecovery.Engine.Configuration.Stores;
using CartRecovery.Engine.ControlPlane.Stores;
using CartRecovery.Tests.Configuration;

namespace CartRecovery.Tests.ControlPlane.Stores;

public sealed class StoreTableTests
{
    static readonly StoreRegistry s_registry = StoreRegistry.Empty.With(
        [new RegisteredStore("gone", "EUR", "Europe/Amsterdam"), new RegisteredStore("lost", "EUR", "No/Where"), new RegisteredStore("kept", "USD", "UTC")]);

    static readonly StoreDirectory s_directory = StoreCompiler.Compile(ConfigFile.Load("""
        stores:
          - id: fresh
            keys: [{ key: sk_0123456789abcdef, kind: secret }]
          - id: kept
            timezone: Asia/Kolkata
            currency: INR
            keys: [{ key: sk_2_0123456789abcdef, kind: secret }]
        """).Config!.Stores, s_registry);

    [Test]
    public void Configured_stores_are_in_file_order_with_their_numbers() =>
        Assert.That(s_directory.Stores.Select(store => (store.Number, store.Id, store.IsRemoved)), Is.EqualTo(new[] { (3, "fresh", false), (2, "kept", false) }));

    [Test]
    public void A_removed_store_is_found_by_its_number_as_it_was_configured_last()
    {
        var gone = s_directory.All[0];
        Assert.That((gone.Id, Encoding.UTF8.GetString(gone.IdUtf8), gone.Currency, gone.TimeZone.Id, gone.IsRemoved),
            Is.EqualTo(("gone", "gone", "EUR", "Europe/Amsterdam", true)));
        Assert.That(s_directory.All.Find("gone"), Is.SameAs(gone));
        Assert.That((s_directory.FindStore("gone"), s_directory.All.FindConfigured("gone")), Is.EqualTo(((Store?)null, (Store?)null)));
    }

    [Test]
    public void A_removed_store_whose_zone_this_machine_lacks_is_in_UTC() => Assert.That(s_directory.All[1].TimeZone, Is.SameAs(TimeZoneInfo.Utc));

    [Test]
    public void A_configured_store_has_the_current_configuration()
    {
        Assert.That((s_directory.All[2].Currency, s_directory.All[2].TimeZone.Id), Is.EqualTo(("INR", "Asia/Kolkata")));
        Assert.That(s_directory.FindKey("sk_2_0123456789abcdef")!.Store, Is.SameAs(s_directory.All[2]));
    }

    [Test]
    public void Without_a_registry_stores_are_numbered_in_file_order() =>
        Assert.That(StoreCompiler.Compile([new StoreConfig { Id = "x" }, new StoreConfig { Id = "y" }]).All.Select(store => (store.Number, store.Id)),
            Is.EqualTo(new[] { (0, "x"), (1, "y") }));

    [Test]
    public void Values_by_number_have_a_default_for_numbers_without_a_store()
    {
        var names = new StoreTable([s_directory.All[0], s_directory.All[3]]).Map(store => store.Id, "nobody");
        Assert.That(new[] { 0, 1, 3, 4, ushort.MaxValue, -1 }.Select(number => names[number]),
            Is.EqualTo(new[] { "gone", "nobody", "fresh", "nobody", "nobody", "nobody" }));
        Assert.That(() => s_directory.All[4], Throws.TypeOf<KeyNotFoundException>());
    }
}
