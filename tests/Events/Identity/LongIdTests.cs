using System.Text;

namespace CartRecovery.Tests.Events.Identity;

/// <summary>Ids of headless shops are longer than records hold.</summary>
[TestFixtureSource(typeof(EveryDoor), nameof(EveryDoor.Names))]
public sealed class LongIdTests(string door)
{
    const string Cart = "gid://shopify/Cart/hWN2Hiyz1nAoGbbQ8pmcvnVB?key=2f5b3b2a9c1d4e6f8a7b6c5d4e3f2a1b0c9d8e7f6a5b4c3d";

    [Test]
    public void A_long_id_is_shortened_everywhere_and_has_one_key_in_both_forms()
    {
        var slab = EveryDoor.ReadJournaled($$"""{"id":"{{Cart}}1","type":"add_to_cart","cartId":"{{Cart}}","userId":"{{Cart}}","sessionId":"{{Cart}}","productId":"{{Cart}}","ts":1732095600000}""", door);
        ref readonly var e = ref slab.Records[0];
        var shortened = Encoding.UTF8.GetString(slab.CartOf(e));
        Assert.That(shortened, Is.EqualTo("gid://shopify/Cart/h~" + Base64Of(Cart)).And.Length.EqualTo(64));
        Assert.That(new[] { slab.UserOf(e).Length, slab.SessionOf(e).Length, slab.ProductOf(e).Length, slab.IdOf(e).Length }, Is.All.EqualTo(64));
        Assert.That(Encoding.UTF8.GetString(slab.IdOf(e)), Is.Not.EqualTo(shortened));

        var ids = EventReading.Rules().Ids;
        foreach (var form in new[] { Encoding.UTF8.GetBytes(Cart), Encoding.UTF8.GetBytes(shortened) })
        {
            Assert.That((ids.CartOf(form), ids.CustomerOf(form), ids.SessionOf(form), ids.ProductOf(form)), Is.EqualTo((e.Cart, e.Customer, e.Session, e.Product)));
        }
    }

    [Test]
    public void A_character_is_not_cut()
    {
        var id = new string('é', 40);
        var slab = EveryDoor.ReadJournaled($$"""{"id":"e1","type":"page_view","cartId":"x{{id}}","ts":1732095600000}""", door);
        Assert.That(Encoding.UTF8.GetString(slab.CartOf(slab.Records[0])), Is.EqualTo($"x{new string('é', 9)}~{Base64Of("x" + id)}"));
    }

    [TestCase(64)]
    [TestCase(65)]
    [TestCase(256)]
    public void Up_to_256_bytes_are_an_id(int length)
    {
        var (problem, _, slab) = EveryDoor.Read($$"""{"id":"e1","type":"page_view","cartId":"{{new string('c', length)}}","ts":1732095600000}""", door);
        Assert.That((problem.IsError, slab.Records[0].CartLength), Is.EqualTo((false, (byte)64)));
    }

    [Test]
    public void A_longer_one_is_refused()
    {
        var (problem, _, _) = EveryDoor.Read($$"""{"id":"e1","type":"page_view","cartId":"{{new string('c', 257)}}","ts":1732095600000}""", door);
        Assert.That((problem.Code, problem.Message), Is.EqualTo(("id_too_long", "'cartId' is longer than 256 bytes of UTF-8")));
    }

    static string Base64Of(string id) => Convert.ToBase64String(System.Security.Cryptography.SHA256.HashData(Encoding.UTF8.GetBytes(id))).TrimEnd('=').Replace('+', '-').Replace('/', '_');
}
