using System.Text;
using CartRecovery.Engine.ControlPlane.Keys;
using CartRecovery.Engine.ControlPlane.Stores;

namespace CartRecovery.Tests.ControlPlane.Keys;

/// <summary>Hashes in place of keys.</summary>
public sealed class KeyHashTests
{
    const string Key = "sk_5f0c8d1e7a2b4c6d8e0f1a2b3c4d5e6f", Hash = "sha256:";

    static readonly string s_hash = KeyHash.Of(Encoding.UTF8.GetBytes(Key)).ToString();

    [Test]
    public void A_hash_is_written_as_sha256sum_writes_it() =>
        Assert.That(KeyHash.Of("abc"u8).ToString(), Is.EqualTo("sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"));

    [Test]
    public void A_key_and_its_hash_configure_the_same()
    {
        Assert.That(KeyHash.OfConfigured(s_hash), Is.EqualTo(KeyHash.OfConfigured(Key)));
        Assert.That(KeyHash.OfConfigured(Hash + s_hash[Hash.Length..].ToUpperInvariant()), Is.EqualTo(KeyHash.OfConfigured(Key)));
    }

    [Test]
    public void The_hash_does_not_reveal_the_key()
    {
        var store = new Store(0, "s", "s"u8.ToArray(), TimeZoneInfo.Utc, "EUR");
        var stores = new StoreDirectory([store], [], [(KeyHash.OfConfigured(s_hash), new StoreKey(store, KeyKind.Secret, LoopbackOnly: false, []))]);

        Assert.That(stores.FindKey(Key), Is.Not.Null);
        Assert.That(stores.FindKey(s_hash), Is.Null);
        Assert.That(stores.FindKey(s_hash.AsSpan(Hash.Length)), Is.Null);
        Assert.That(stores.FindConfiguredKey(s_hash), Is.SameAs(stores.FindKey(Key)));
    }

    [TestCase("sha256:")]
    [TestCase("sha256:ba78")]
    [TestCase("sha256:zz7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")]
    [TestCase("sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad0")]
    public void A_malformed_hash_is_not_parsed(string text) => Assert.That((KeyHash.IsHash(text), KeyHash.TryParse(text, out _)), Is.EqualTo((true, false)));
}
