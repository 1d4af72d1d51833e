using CartRecovery.Engine.ControlPlane.Stores;


namespace CartRecovery.Tests.Security;

/// <summary>Where a click may lead: the parameter is in the attacker's hand.</summary>
public sealed class RedirectTests
{
    static readonly Store s_store = new(0, "shop", "shop"u8.ToArray(), TimeZoneInfo.Utc, "EUR")
    {
        CartUrl = new Uri("https://shop.example/cart"),
        LinkHosts = ["www.shop.example", "cdn.shop.example:8443", "bücher.example"],
    };

    [TestCase("https://mu\u0308ller.example/cart", "https://xn--mller-kva.example/cart")]
    [TestCase("https://\uff4d\u00fcller.example:8443/a?b#c", "https://xn--mller-kva.example:8443/a?b#c")]
    [TestCase("https://M\u00dcLLER\u3002example/", "https://xn--mller-kva.example/")]
    [TestCase("https://shop.example./cart", "https://shop.example/cart")]
    [TestCase("http://127.0.0.1:8080/cart", "http://127.0.0.1:8080/cart")]
    [TestCase("http://[::1]:8080/cart", "http://[::1]:8080/cart")]
    public void All_spellings_of_a_host_lead_to_one(string url, string header)
    {
        var store = s_store with { CartUrl = new Uri(url) };
        Assert.That(ShopLinks.HeaderOf(store.CartUrl), Is.EqualTo(header));
        Assert.That(ShopLinks.Allowed(header, store), Is.EqualTo(header));
    }

    [TestCase("https://mu\u0308ller.example")]
    [TestCase("https://m\u00fcller.example")]
    public void All_spellings_of_a_named_host_allow_it(string url) =>
        Assert.That(
            ShopLinks.Allowed("https://xn--mller-kva.example/p", s_store with { LinkHosts = [url["https://".Length..]] }),
            Is.EqualTo("https://xn--mller-kva.example/p"));

    [TestCase("https://m\u00fcl\u00adler.example")]
    [TestCase("https://-shop.example")]
    public void What_cannot_be_a_host_is_none(string url) => Assert.That(ShopLinks.HasHost(new Uri(url)), Is.False);

    [TestCase("https://shop.example/p/1?a=b#c")]
    [TestCase("https://SHOP.example/p/1")]
    [TestCase("https://shop.example")]
    [TestCase("https://shop.example:443/p")]
    [TestCase("https://www.shop.example/p/1")]
    [TestCase("https://cdn.shop.example:8443/p/1")]
    [TestCase("https://shop.example/sch%C3%B6n")]
    [TestCase("https://shop.example/schön")]
    [TestCase("https://xn--bcher-kva.example/p")]
    public void A_page_of_the_shop_is_a_target(string to) => Assert.That(ShopLinks.Allowed(to, s_store), Is.EqualTo(ShopLinks.HeaderOf(new Uri(to))));

    [TestCase(null)]
    [TestCase("")]
    [TestCase("/p/1")]
    [TestCase("//shop.example/p/1")]
    [TestCase("http://shop.example/p/1", Description = "Not by http, which anyone on the way can change")]
    [TestCase("https://evil.example/")]
    [TestCase("https://shop.example.evil.example/")]
    [TestCase("https://shop.example:8443/", Description = "Another service on the shop's host")]
    [TestCase("https://www.shop.example:22/")]
    [TestCase("https://cdn.shop.example/")]
    [TestCase("https://shop.example@evil.example/")]
    [TestCase("https://shop.example:443@evil.example/")]
    [TestCase("https://user@shop.example/")]
    [TestCase("https://user:pw@shop.example/")]
    [TestCase("https://shop.example\\@evil.example/")]
    [TestCase("https://shop.example/\\evil.example")]
    [TestCase("https:\\\\shop.example/")]
    [TestCase("https:/shop.example/")]
    [TestCase("https:shop.example/")]
    [TestCase("https:///shop.example/")]
    [TestCase(" https://shop.example/")]
    [TestCase("https://shop.example/\r\nSet-Cookie: a=b")]
    [TestCase("https://shop.example\t.evil.example/")]
    [TestCase("https://shop.example%2eevil.example/")]
    [TestCase("https://shop.example%00.evil.example/")]
    [TestCase("https://shop。example/")]
    [TestCase("https://ｓhop.example/")]
    [TestCase("https://shор.example/", Description = "Cyrillic")]
    [TestCase("javascript:alert(1)//https://shop.example/")]
    [TestCase("javascript://shop.example/%0aalert(1)")]
    [TestCase("data:text/html,https://shop.example/")]
    [TestCase("https://shop.example;evil.example/")]
    [TestCase("https://shop.example./", Description = "Another name for cookies and certificates")]
    public void Anything_else_is_not(string? to) => Assert.That(ShopLinks.Allowed(to, s_store), Is.Null);

    [TestCase("https://shop.example/k%C3%B6rbchen", "https://shop.example/k%C3%B6rbchen")]
    [TestCase("https://shop.example/körbchen", "https://shop.example/k%C3%B6rbchen")]
    [TestCase("https://shop.example/a b?q=ä#ö", "https://shop.example/a%20b?q=%C3%A4#%C3%B6")]
    [TestCase("https://bücher.example/körbchen", "https://xn--bcher-kva.example/k%C3%B6rbchen")]
    [TestCase("https://bücher.example:8443/", "https://xn--bcher-kva.example:8443/")]
    [TestCase("http://[::1]:8080/ü", "http://[::1]:8080/%C3%BC")]
    [TestCase("https://δοκιμή.example/カート?数=1", "https://xn--jxalpdlp.example/%E3%82%AB%E3%83%BC%E3%83%88?%E6%95%B0=1")]
    [TestCase("https://shop.example/%", "https://shop.example/%25")]
    public void A_target_is_written_in_ASCII(string url, string header)
    {
        var written = ShopLinks.HeaderOf(new Uri(url));
        Assert.That(System.Text.Ascii.IsValid(written), written);
        Assert.That(written, Is.EqualTo(header));
    }

    [TestCase("http://localhost:3000/p", true)]
    [TestCase("http://localhost/p", false)]
    [TestCase("http://localhost:3001/p", false)]
    [TestCase("https://localhost/p", true)]
    public void What_the_cart_page_itself_uses_is_allowed(string to, bool isOne) =>
        Assert.That(ShopLinks.Allowed(to, s_store with { CartUrl = new Uri("http://localhost:3000/cart") }), isOne ? Is.Not.Null : Is.Null);
}
