using System.Text;
using CartRecovery.Engine.Events;
using CartRecovery.Engine.Events.Identity;
using CartRecovery.Engine.Events.Slabs;

namespace CartRecovery.Tests.Events.Identity;

/// <summary>Ids that are addresses are stored encrypted; equal ones stay equal, and the shop sees them as it wrote them.</summary>
public sealed class SealedIdsTests
{
    static readonly SealedIds s_ids = new("a secret of the folder"u8, "shop"u8);

    [TestCase("jo@shop.example", true)]
    [TestCase("user:jo@shop.example:42", true)]
    [TestCase("jö@müller.example", true)]
    [TestCase("+49 151 1234-0000", true)]
    [TestCase("tel:+4915112340000", true)]
    [TestCase("12345", false)]
    [TestCase("gid://shopify/Cart/abc?key=1+2", false)]
    [TestCase("a+b", false)]
    [TestCase("@handle", false)]
    [TestCase("0190a4e2-6f5c-7cc1-98c8-3f4b2d0e9a11", false)]
    [TestCase("", false)]
    public void An_id_with_an_address_is_sealed_and_no_other(string id, bool isSealed) => Assert.That(SealedIds.IsAddress(Encoding.UTF8.GetBytes(id)), Is.EqualTo(isSealed));

    [Test]
    public void A_sealed_id_is_always_the_same_fits_and_can_be_opened()
    {
        for (var length = 3; length <= SealedIds.MaxOpened; length++)
        {
            var id = $"a@{new string('x', length - 2)}";
            var text = Seal(s_ids, id);
            Assert.That((text, s_ids.Open(text)), Is.EqualTo((Seal(s_ids, id), id)));
            Assert.That(Encoding.UTF8.GetByteCount(text), Is.LessThanOrEqualTo(EventSlab.MaxIdLength));
            Assert.That(text, Does.Not.Contain("@").And.Not.Contain("xx"));
        }

        Assert.That(SealedIds.MaxOpened, Is.GreaterThanOrEqualTo(38));
    }

    [Test]
    public void A_longer_one_is_a_keyed_hash()
    {
        var (id, other) = (new string('a', 100) + "@shop.example", new string('b', 100) + "@shop.example");
        var (hash, again) = (Seal(s_ids, id), Seal(s_ids, id));
        Assert.That(hash, Has.Length.EqualTo(45).And.EqualTo(again).And.Not.EqualTo(Seal(s_ids, other)));
        Assert.That(s_ids.Open(hash), Is.EqualTo(hash));
    }

    [Test]
    public void Another_store_and_another_folder_seal_it_otherwise_and_open_none()
    {
        var text = Seal(s_ids, "jo@shop.example");
        foreach (var other in new[] { new SealedIds("a secret of the folder"u8, "other"u8), new SealedIds("another secret"u8, "shop"u8) })
        {
            Assert.That(Seal(other, "jo@shop.example"), Is.Not.EqualTo(text));
            Assert.That(other.Open(text), Is.EqualTo(text));
        }
    }

    [TestCase("s.")]
    [TestCase("s.c")]
    [TestCase("s.cart-of-the-shop-17")]
    [TestCase("s.not base64 at all")]
    [TestCase("h.0123")]
    [TestCase("c1")]
    [TestCase("")]
    public void What_was_not_sealed_is_shown_as_it_is(string id) => Assert.That(s_ids.Open(id), Is.EqualTo(id));

    [Test]
    public void An_altered_one_is_not_opened()
    {
        var text = Seal(s_ids, "jo@shop.example");
        for (var i = 2; i < text.Length - 1; i++)
        {
            var altered = text[..i] + (text[i] == 'A' ? 'B' : 'A') + text[(i + 1)..];
            Assert.That(s_ids.Open(altered), Is.EqualTo(altered));
        }
    }

    [Test]
    public void Its_key_is_that_of_the_address_wherever_it_is_computed()
    {
        var hasher = new IdHasher("shop"u8, new byte[IdHasher.SecretSize]) { Sealed = s_ids };
        var rules = EventReading.AnyTime() with { Ids = hasher };
        var slab = EventReading.Slab(rules, new TestEvent("identify", 1_732_095_600_000) { Cart = "+49 151 12340000", User = "jo@shop.example", Session = "x" });
        ref readonly var e = ref slab.Records[0];
        Assert.That((e.Cart, e.Customer), Is.EqualTo((hasher.CartOf("+49 151 12340000"u8), hasher.CustomerOf("jo@shop.example"u8))));
        var (cart, user) = (Encoding.UTF8.GetString(slab.CartOf(e)), Encoding.UTF8.GetString(slab.UserOf(e)));
        Assert.That((hasher.ShownForm(cart), hasher.ShownForm(user), Encoding.UTF8.GetString(slab.SessionOf(e))), Is.EqualTo(("+49 151 12340000", "jo@shop.example", "x")));
        Assert.That((cart, user), Is.EqualTo((hasher.StoredForm("+49 151 12340000"), hasher.StoredForm("jo@shop.example"))));

        // As when it is read from the journal, where the engine may have no key.
        var again = default(EventRecord);
        new IdHasher("shop"u8, new byte[IdHasher.SecretSize]).Set(ref again, "e"u8, slab.CartOf(e), slab.UserOf(e), "x"u8, []);
        Assert.That((again.Cart, again.Customer, again.Session), Is.EqualTo((e.Cart, e.Customer, e.Session)));
    }

    static string Seal(SealedIds ids, string id)
    {
        var target = new byte[EventSlab.MaxIdLength];
        return Encoding.UTF8.GetString(target, 0, ids.Seal(Encoding.UTF8.GetBytes(id), target));
    }
}
