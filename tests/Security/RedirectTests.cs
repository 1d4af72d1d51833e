using CartRecovery.Engine.ControlPlane;

namespace CartRecovery.Tests.Security;

/// <summary>Where a click may lead: the parameter is in the attacker's hand.</summary>
public sealed class RedirectTests
{
    static readonly Store s_store = new(0, "shop", "shop"u8.ToArray(), TimeZoneInfo.Utc, "EUR")
    {
        CartUrl = new Uri("https://shop.example/cart"),
        LinkHosts = ["www.shop.example", "cdn.shop.example:8443", "bücher.example"],
    };

    [TestCase("https://shop.example/p/1?a=b#c")]
    [TestCase("https://SHOP.example/p/1")]
    [TestCase("https://shop.example")]
    [TestCase("https://shop.example:443/p")]
    [TestCase("https://www.shop.example/p/1")]
    [TestCase("https://cdn.shop.example:8443/p/1")]
    [TestCase("https://shop.example/sch%C3%B6n")]
    [TestCase("https://shop.example/schön")]
    [TestCase("https://xn--bcher-kva.example/p")]
    public void A_page_of_the_shop_is_a_target(string to) => Assert.That(ShopLinks.Allowed(to, s_store), Is.EqualTo(new Uri(to).AbsoluteUri));

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

    [TestCase("http://localhost:3000/p", true)]
    [TestCase("http://localhost/p", false)]
    [TestCase("http://localhost:3001/p", false)]
    [TestCase("https://localhost/p", true)]
    public void What_the_cart_page_itself_uses_is_allowed(string to, bool isOne) =>
        Assert.That(ShopLinks.Allowed(to, s_store with { CartUrl = new Uri("http://localhost:3000/cart") }), isOne ? Is.Not.Null : Is.Null);
}
