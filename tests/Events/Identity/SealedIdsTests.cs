using System.Text;
using CartRecovery.Engine.Events;
using CartRecovery.Engine.Events.Identity;
using CartRecovery.Engine.Events.Slabs;

namespace CartRecovery.Tests.Events.Identity;

/// <summary>Ids that are addresses are stored encrypted; equal ones stay equal, and the shop sees them as it wrote them.</summary>
public sealed class SealedIdsTests
{
    static readonly SealedIds s_ids = Of("a secret of the folder"), s_older = Of("a secret of the folder", packs: false);

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

    [TestCase("maximiliane.hohenstein-sonnenschein@mail.company.example")]
    [TestCase("user:+49-151-12340000:session_0190a4e26f5c7cc198c83f4b2d")]
    [TestCase("Maximiliane.Hohenstein@Mail.Company-Nr-1.example")]
    public void A_longer_one_of_usual_characters_is_packed_and_can_be_opened(string id)
    {
        Assert.That(id, Has.Length.GreaterThan(SealedIds.MaxOpened));
        var text = Seal(s_ids, id);
        Assert.That((text, s_ids.Open(text), text[..2]), Is.EqualTo((Seal(s_ids, id), id, "p.")));
        Assert.That(text, Has.Length.EqualTo(EventSlab.MaxIdLength).And.Not.Contain("@"));
        for (var i = 2; i < text.Length - 1; i++)
        {
            var altered = text[..i] + (text[i] == 'A' ? 'B' : 'A') + text[(i + 1)..];
            Assert.That(s_ids.Open(altered), Is.EqualTo(altered));
        }
    }

    [Test]
    public void A_packed_one_has_up_to_56_characters()
    {
        var random = new Random(7);
        for (var length = SealedIds.MaxOpened + 1; length <= 64; length++)
        {
            var id = string.Concat(Enumerable.Range(0, length - 2).Select(_ => "abcdefghijklmnopqrstuvwxyz0123456789@.-_+:"[random.Next(42)])) + "@x";
            var text = Seal(s_ids, id);
            Assert.That(s_ids.Open(text), Is.EqualTo(length <= 56 ? id : text), id);
            Assert.That(text, Does.StartWith(length <= 56 ? "p." : "h."));
        }

        foreach (var id in new[] { $"{new string(':', 54)}@:", $"{new string('a', 54)}@a" })
        {
            Assert.That(s_ids.Open(Seal(s_ids, id)), Is.EqualTo(id), "the largest and the smallest number");
        }
    }

    [TestCase("maximiliane.hohenstein-sonnenschein@müller.example")]
    [TestCase("maximiliane hohenstein sonnenschein <m@mail.example>")]
    [TestCase("MAXIMILIANE.HOHENSTEIN-SONNENSCHEIN@MAIL.EXAMPLE")]
    [TestCase("Maximiliane.Hohenstein@Mail.Company-Number-1.example", Description = "52 characters, of which five are capitals")]
    public void One_of_other_characters_is_a_keyed_hash(string id) => Assert.That(Seal(s_ids, id), Does.StartWith("h."));

    [Test]
    public void A_folder_of_an_earlier_version_goes_on_to_hash_them()
    {
        const string Id = "maximiliane.hohenstein-sonnenschein@mail.company.example";
        Assert.That(Seal(s_older, Id), Does.StartWith("h.").And.Length.EqualTo(45));
        Assert.That(Seal(s_older, "jo@shop.example"), Is.EqualTo(Seal(s_ids, "jo@shop.example")), "shorter ones are the same in both");
    }

    [Test]
    public void Another_store_and_another_folder_seal_it_otherwise_and_open_none()
    {
        var text = Seal(s_ids, "jo@shop.example");
        foreach (var other in new[] { Of("a secret of the folder", "other"), Of("another secret") })
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
    [TestCase("p.0123")]
    [TestCase("p.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    [TestCase("p.______________________________________________________________")]
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

    [Test]
    public void A_cart_that_went_into_another_is_the_one_that_was_stored_however_long_its_id()
    {
        var hasher = new IdHasher("shop"u8, new byte[IdHasher.SecretSize]) { Sealed = s_ids };
        foreach (var cart in new[] { "jo@shop.example", "maximiliane.hohenstein-sonnenschein@mail.company.example", $"{new string('x', 80)}@mail.example", new string('x', 100), "c1" })
        {
            var rules = EventReading.AnyTime() with { Ids = hasher };
            var stored = EventReading.Slab(rules, new TestEvent("page_view", 1_732_095_600_000) { Cart = cart });
            var merged = MergedCart.Of(Encoding.UTF8.GetBytes($$"""{"mergedFrom":"{{cart}}"}"""), hasher)!;
            Assert.That((Encoding.UTF8.GetString(merged), hasher.CartOf(merged)), Is.EqualTo((Encoding.UTF8.GetString(stored.CartOf(stored.Records[0])), stored.Records[0].Cart)), cart);
            Assert.That(Encoding.UTF8.GetString(merged), Is.EqualTo(hasher.StoredForm(cart)));

            var builder = EveryDoor.Read($$"""{"id":"e1","type":"cart_merged","cartId":"{{cart}}","mergedFrom":"{{cart}}","ts":1732095600000}""", "json", rules);
            Assert.That(builder.Problem.Code, Is.EqualTo("out_of_range"), "a cart cannot go into itself");
        }
    }

    static SealedIds Of(string secret, string store = "shop", bool packs = true) => new(new SealingSecret(Encoding.UTF8.GetBytes(secret), packs), Encoding.UTF8.GetBytes(store));

    static string Seal(SealedIds ids, string id)
    {
        var target = new byte[EventSlab.MaxIdLength];
        return Encoding.UTF8.GetString(target, 0, ids.Seal(Encoding.UTF8.GetBytes(id), target));
    }
}
