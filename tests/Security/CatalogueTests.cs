using CartRecovery.Engine.ControlPlane.Stores;
using CartRecovery.Engine.Events;
using CartRecovery.Engine.State.Carts;
using CartRecovery.Tests.Journeys;

namespace CartRecovery.Tests.Security;

/// <summary>The catalogue is the shop's server's: a browser names products for its own cart alone.</summary>
public sealed class CatalogueTests
{
    const ulong Product = 42;

    static readonly Store s_shop = new(0, "shop", "shop"u8.ToArray(), TimeZoneInfo.Utc, "EUR") { CartUrl = new Uri("https://shop.example/cart"), LinkHosts = ["cdn.example"] };

    [Test]
    public void A_browsers_words_on_a_product_are_not_stored_for_others()
    {
        using var run = new JourneyFixture([]);
        Tell(run, "attackers", verified: false, """{"name":"Fake","url":"https://evil.example","image":"https://evil.example/i"}""");
        Assert.That(run.It.Store.Products.Find("shop", Product), Is.Null);
        Assert.That(LineOf(run, "attackers"), Is.EqualTo(("Fake", (string?)null, (string?)null)));
        Assert.That(LineOf(run, "victims").Name, Is.Empty);
    }

    [Test]
    public void A_browser_does_not_rename_what_the_server_named()
    {
        using var run = new JourneyFixture([]);
        Tell(run, "c1", verified: true, """{"name":"Hat"}""");
        Tell(run, "c1", verified: false, """{"name":"Fake"}""");
        Assert.That(LineOf(run, "c1").Name, Is.EqualTo("Hat"));
    }

    [Test]
    public void The_servers_name_replaces_the_browsers()
    {
        using var run = new JourneyFixture([]);
        Tell(run, "c1", verified: false, """{"name":"Fake"}""");
        Tell(run, "c1", verified: true, """{"name":"Hat"}""");
        Assert.That(LineOf(run, "c1").Name, Is.EqualTo("Hat"));
    }

    [Test]
    public void A_cart_has_as_many_names_as_it_has_lines()
    {
        using var run = new JourneyFixture([]);
        for (var i = 0; i < 100; i++)
        {
            run.Tell(EventType.AddToCart, "c1", verified: false, meta: $$"""{"name":"Product {{i}}"}""", product: (ulong)(1000 + i));
        }

        Assert.That(run.Count("SELECT count(*) FROM cart_product"), Is.EqualTo(CartLines.Capacity));
    }

    [TestCase("https://shop.example/p/1", true)]
    [TestCase("https://cdn.example/p.jpg", true)]
    [TestCase("https://SHOP.example/p/1", true)]
    [TestCase("https://evil.example/p", false)]
    [TestCase("https://shop.example.evil.example/p", false)]
    [TestCase("https://shop.example@evil.example/p", false)]
    [TestCase("https://user:pass@shop.example/p", false)]
    [TestCase("javascript:alert(1)", false)]
    [TestCase("//evil.example/p", false)]
    [TestCase("/p/1", false)]
    public void A_message_links_to_the_shops_hosts_alone(string address, bool isAllowed) =>
        Assert.That(ShopLinks.Allowed(address, s_shop), Is.EqualTo(isAllowed ? address.ToLowerInvariant() : null));

    static void Tell(JourneyFixture run, string cart, bool verified, string meta) =>
        run.Tell(EventType.AddToCart, cart, verified: verified, meta: meta, product: Product);

    static (string Name, string? Url, string? Image) LineOf(JourneyFixture run, string cart)
    {
        var record = new CartRecord { LineCount = 1, CartLength = (byte)cart.Length };
        System.Text.Encoding.UTF8.GetBytes(cart, record.CartText);
        record.Lines[0] = new CartLine { Product = Product, Units = 1000 };
        var (line, _) = run.It.LinesOf(s_shop, record)[0];
        return (line.Name, line.Url, line.Image);
    }
}
