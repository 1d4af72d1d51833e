using System.Text;
using CartRecovery.Engine.Configuration.Stores;
using CartRecovery.Engine.ControlPlane.Keys;
using CartRecovery.Engine.ControlPlane.Stores;
using CartRecovery.Tests.Configuration;

namespace CartRecovery.Tests.ControlPlane.Stores;

public class StoreDirectoryTests
{
    static StoreDirectory Directory { get; } = StoreCompiler.Compile(ConfigFile.Load("""
        stores:
          - id: one
            keys:
              - { key: pk_1, kind: publishable, origins: ["https://one.example", "http://localhost:*"] }
              - { key: sk_1, kind: secret, loopbackOnly: true }
          - id: twö
            timezone: Asia/Kolkata
            currency: INR
            keys: [{ key: sk_2_0123456789abcdef, kind: secret }]
        """).Config!.Stores);

    [Test]
    public void A_key_resolves_to_its_store_and_permissions()
    {
        var publishable = Directory.FindKey("pk_1")!;
        var secret = Directory.FindKey("sk_1"u8)!;

        Assert.That((publishable.Store.Id, publishable.Kind, publishable.LoopbackOnly), Is.EqualTo(("one", KeyKind.Publishable, false)));
        Assert.That((secret.Store.Id, secret.Kind, secret.LoopbackOnly), Is.EqualTo(("one", KeyKind.Secret, true)));
        Assert.That(Directory.FindKey("sk_2_0123456789abcdef")!.Store.Id, Is.EqualTo("twö"));
    }

    [TestCase("")]
    [TestCase("pk_")]
    [TestCase("pk_11")]
    [TestCase("PK_1")]
    public void An_unknown_key_resolves_to_nothing(string key)
    {
        Assert.That(Directory.FindKey(key), Is.Null);
        Assert.That(Directory.FindKey(Encoding.UTF8.GetBytes(key)), Is.Null);
    }

    [Test]
    public void A_key_of_any_length_can_be_looked_up()
    {
        Assert.That(Directory.FindKey(new string('k', 100_000)), Is.Null);
        Assert.That(Directory.FindKey(new byte[100_000]), Is.Null);
    }

    [TestCase(null, true)]
    [TestCase("https://one.example", true)]
    [TestCase("http://localhost:5173", true)]
    [TestCase("https://evil.example", false)]
    [TestCase("null", false)]
    [TestCase("", false)]
    public void A_key_is_valid_for_its_origins_and_for_non_browsers(string? origin, bool allowed) =>
        Assert.That(Directory.FindKey("pk_1")!.AllowsOrigin(origin), Is.EqualTo(allowed));

    [Test]
    public void A_key_without_origins_is_invalid_for_browsers() =>
        Assert.That(Directory.FindKey("sk_2_0123456789abcdef")!.AllowsOrigin("https://one.example"), Is.False);

    [Test]
    public void A_store_has_its_number_time_zone_and_currency()
    {
        var store = Directory.FindStore("twö")!;

        Assert.That(Directory.All[store.Number], Is.SameAs(store));
        Assert.That(store.IdUtf8, Is.EqualTo("twö"u8.ToArray()));
        Assert.That(store.TimeZone.BaseUtcOffset, Is.EqualTo(new TimeSpan(5, 30, 0)));
        Assert.That(store.Currency, Is.EqualTo("INR"));
        Assert.That(Directory.FindStore("one")!.TimeZone, Is.SameAs(TimeZoneInfo.Utc));
        Assert.That(Directory.FindStore("two"), Is.Null);
    }

    [Test]
    public void A_key_lookup_allocates_nothing()
    {
        ReadOnlySpan<byte> key = "pk_1"u8;
        for (var i = 0; i < 100; i++)
        {
            _ = Directory.FindKey(key);
        }

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 100; i++)
        {
            _ = Directory.FindKey(key);
        }

        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.Zero);
    }
}
