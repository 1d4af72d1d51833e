using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using CartRecovery.Host.Demo;
using CartRecovery.Tests.Support;
using Deque.AxeCore.Playwright;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace CartRecovery.Tests.Storefront;

/// <summary>The demo shop in a browser: a cart is abandoned, an offer is shown and accepted, and the revenue is attributed to it.</summary>
[TestFixture]
[Category("EndToEnd")]
[Parallelizable]
public sealed class DemoShopTests
{
    Chromium _chromium = null!;
    DemoProcess _demo = null!;
    Shopper _shopper = null!;

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        _chromium = await Chromium.StartAsync();
        _demo = await DemoProcess.StartAsync();
    }

    [OneTimeTearDown]
    public async Task StopAsync()
    {
        if (_demo is not null)
        {
            await _demo.DisposeAsync();
        }

        if (_chromium is not null)
        {
            await _chromium.DisposeAsync();
        }
    }

    [TearDown]
    public async Task CloseAsync()
    {
        if (_shopper is not null)
        {
            await _shopper.DisposeAsync();
        }
    }

    [Test]
    public async Task An_abandoned_cart_triggers_an_offer_and_its_order_is_attributed()
    {
        var before = await AttributedAsync();
        var page = await OpenAsync();
        await Shopper.DrawAsync(page, "shop");

        await page.Locator(".card .add").First.ClickAsync();
        await page.Locator(".card .look").Nth(3).ClickAsync();
        await Shopper.DrawAsync(page, "product");
        await page.GetByRole(AriaRole.Button, new() { Name = "Add to cart" }).ClickAsync();
        await OfferAsync(page);
        await Shopper.DrawAsync(page, "offer");
        await Expect(page.Locator("cart-recovery h2")).ToHaveTextAsync("10% off your cart");
        // In the words of the cart: one spelling of money.
        await Expect(page.Locator("cart-recovery .message")).ToContainTextAsync("Your cart ($799.76) is still here.");
        await page.Locator("cart-recovery .accept").ClickAsync();

        await Expect(page.Locator("cart-recovery")).ToHaveCountAsync(0);
        await Expect(page.Locator("#cart-sums")).ToContainTextAsync("Your 10% offer");
        await Shopper.DrawAsync(page, "cart");
        await BuyAsync(page);

        // 130.76 and 669.00, each less 10%, rounded.
        await Expect(page.Locator("#thanks-sums dd")).ToHaveTextAsync(["$799.76", "−$79.98", "$719.78"]);
        await Expect(page.Locator("#attributed")).ToHaveTextAsync(Dollars(before.Revenue + 719.78m));
        await Shopper.DrawAsync(page, "thanks");
        Assert.That(await AttributedAsync(), Is.EqualTo((before.Revenue + 719.78m, before.Orders + 1)));
        AssertNothingToComplainOf();
    }

    [Test]
    public async Task An_offer_is_a_dialog_that_traps_focus_and_closes_on_Escape()
    {
        var page = await OpenAsync();
        var added = page.Locator(".card .add").Nth(4);
        await added.FocusAsync();
        await page.Keyboard.PressAsync("Enter");
        await OfferAsync(page);

        foreach (var expected in new[] { "accept", "dismiss", "close", "accept" })
        {
            Assert.That(await FocusedAsync(page), Is.EqualTo(expected));
            await page.Keyboard.PressAsync("Tab");
        }

        await page.Keyboard.PressAsync("Shift+Tab");
        await page.Keyboard.PressAsync("Shift+Tab");
        Assert.That(await FocusedAsync(page), Is.EqualTo("close"), "backwards too");
        var problems = await page.RunAxe();
        await page.Keyboard.PressAsync("Escape");

        await Expect(page.Locator("cart-recovery")).ToHaveCountAsync(0);
        await Expect(added).ToBeFocusedAsync();
        await Expect(page.Locator("#count")).ToHaveTextAsync("1");
        Assert.That(problems.Violations.Select(v => v.ToString()), Is.Empty);
        AssertNothingToComplainOf();
    }

    [Test]
    public async Task A_purchase_without_an_offer_is_attributed_to_none()
    {
        var before = await AttributedAsync();
        var page = await OpenAsync();
        await page.Locator(".card .add").First.ClickAsync();
        await page.Locator("#open-cart").ClickAsync();

        await BuyAsync(page);

        await Expect(page.Locator("#thanks-sums dd")).ToHaveTextAsync(["$130.76", "$130.76"]);
        Assert.That(await AttributedAsync(), Is.EqualTo(before));
    }

    [Test]
    public async Task Every_page_passes_the_accessibility_checks([Values] bool mobile)
    {
        var page = await OpenAsync(mobile);
        var problems = new List<string>();
        async Task LookAsync(string name)
        {
            await Shopper.DrawAsync(page, $"{name}-{(mobile ? "mobile" : "desktop")}");
            var found = await page.RunAxe();
            problems.AddRange(found.Violations.Select(v => $"{name}: {v.Id}: {string.Join(", ", v.Nodes.Select(n => n.Html))}"));
            Assert.That(await page.EvaluateAsync<bool>("document.documentElement.scrollWidth <= innerWidth"), $"{name} fits the window's width");
        }

        await LookAsync("browse");
        await page.Locator(".card .look").Nth(7).ClickAsync();
        await LookAsync("quick-view");
        await page.Locator("#product-add").ClickAsync();
        await page.Locator("#open-cart").ClickAsync();
        await LookAsync("cart");
        await page.Locator("#to-checkout").ClickAsync();
        await LookAsync("delivery");
        await page.Locator("#step-1 button").ClickAsync();
        await LookAsync("payment");
        await page.Locator("#step-2 button").ClickAsync();
        await LookAsync("review");
        await page.Locator("#buy").ClickAsync();
        await Expect(page.Locator("#thanks")).ToBeVisibleAsync();
        await LookAsync("thanks");
        Assert.That(problems, Is.Empty);
        AssertNothingToComplainOf();
    }

    [Test]
    public async Task The_page_and_the_printed_key_speak_of_the_same_store()
    {
        var page = await OpenAsync();
        await Expect(page.Locator("#store")).ToHaveTextAsync(DemoShop.StoreId);
        var order = await OrderAsync("o-key", """{"productId":"1004856","quantity":1}""", "", offer: null);
        Assert.That(order.Status, Is.EqualTo(HttpStatusCode.OK));

        using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/analytics/revenue");
        request.Headers.Add("X-Api-Key", _demo.KeyOf(DemoShop.StoreId));
        using var answer = await _demo.Http.SendAsync(request);

        using var printed = JsonDocument.Parse(await answer.Content.ReadAsStringAsync());
        var attributed = printed.RootElement.GetProperty("attributed");
        Assert.That((attributed.GetProperty("revenue").GetDecimal(), attributed.GetProperty("orders").GetInt32()), Is.EqualTo(await AttributedAsync()));
        Assert.That(_demo.KeyOf("demo"), Is.Not.EqualTo(_demo.KeyOf(DemoShop.StoreId)));
    }

    [Test]
    public async Task The_server_validates_prices_and_offers()
    {
        const string Item = """{"productId":"1004856","quantity":2}""";

        var order = await OrderAsync("o-1", Item, """,{"price":0.01,"productId":"1005115","quantity":1}""", "iv_00000000000000000000000000000000");
        var again = await OrderAsync("o-1", Item, "", offer: null);
        var unknown = await OrderAsync("o-2", Item, """,{"productId":"nothing","quantity":1}""", offer: null);
        var negative = await OrderAsync("o-3", Item, """,{"productId":"1005115","quantity":-1}""", offer: null);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(order, Is.EqualTo((HttpStatusCode.OK, 1237.09m, 0m)), "at the catalogue's prices and without a forged offer");
            Assert.That(again, Is.EqualTo(order), "an order sent twice is one order");
            Assert.That(unknown.Status, Is.EqualTo(HttpStatusCode.BadRequest));
            Assert.That(negative.Status, Is.EqualTo(HttpStatusCode.BadRequest));
        }
    }

    [Test]
    public async Task A_cross_site_page_cannot_order()
    {
        using var body = new StringContent("{}", Encoding.UTF8, "text/plain");
        using var answer = await _demo.Http.PostAsync("/shop/api/orders", body);

        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.UnsupportedMediaType));
        Assert.That(answer.Headers.Contains("Access-Control-Allow-Origin"), Is.False);
    }

    async Task<IPage> OpenAsync(bool mobile = false)
    {
        _shopper = await _chromium.OpenAsync(mobile);
        var page = await _shopper.OpenAsync(_demo.Shop);
        await Expect(page.Locator("#link")).ToHaveAttributeAsync("data-state", "open");
        await Expect(page.Locator(".card")).ToHaveCountAsync(24);
        return page;
    }

    static Task OfferAsync(IPage page) => Expect(page.Locator("cart-recovery dialog")).ToBeVisibleAsync(new()
    {
        Timeout = (float)(TimeSpan.FromSeconds(DemoShop.IdleSeconds) + EngineBinary.Deadline).TotalMilliseconds,
    });

    // With the cart drawer open.
    static async Task BuyAsync(IPage page)
    {
        await page.Locator("#to-checkout").ClickAsync();
        await page.Locator("#step-1 button").ClickAsync();
        await page.Locator("#step-2 button").ClickAsync();
        await page.Locator("#buy").ClickAsync();
        await Expect(page.Locator("#thanks")).ToBeVisibleAsync();
    }

    static Task<string> FocusedAsync(IPage page) =>
        page.EvaluateAsync<string>("document.activeElement.shadowRoot?.activeElement?.className ?? document.activeElement.tagName");

    static string Dollars(decimal value) => value.ToString("$#,##0.00", CultureInfo.InvariantCulture);

    void AssertNothingToComplainOf()
    {
        using (Assert.EnterMultipleScope())
        {
            Assert.That(_shopper.Violations, Is.Empty);
            Assert.That(_shopper.Errors, Is.Empty);
            Assert.That(_shopper.Requests, Has.All.StartsWith(new Uri(_demo.Shop, "/").AbsoluteUri), "no external resources are loaded");
        }
    }

    async Task<(decimal Revenue, int Orders)> AttributedAsync()
    {
        using var answer = JsonDocument.Parse(await _demo.Http.GetStringAsync("/shop/api/revenue"));
        var attributed = answer.RootElement.GetProperty("attributed");
        return (attributed.GetProperty("revenue").GetDecimal(), attributed.GetProperty("orders").GetInt32());
    }

    async Task<(HttpStatusCode Status, decimal Total, decimal Discount)> OrderAsync(string id, string item, string more, string? offer)
    {
        var order = $$"""{"orderId":"{{id}}","cartId":"c-{{id}}","sessionId":"s","offer":{{(offer is null ? "null" : $"\"{offer}\"")}},"items":[{{item}}{{more}}]}""";
        using var body = new StringContent(order, Encoding.UTF8, "application/json");
        using var response = await _demo.Http.PostAsync("/shop/api/orders", body);
        using var answer = JsonDocument.Parse(await response.Content.ReadAsStringAsync());
        return response.IsSuccessStatusCode
            ? (response.StatusCode, answer.RootElement.GetProperty("total").GetDecimal(), answer.RootElement.GetProperty("discount").GetDecimal())
            : (response.StatusCode, 0, 0);
    }
}
