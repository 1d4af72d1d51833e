using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;
using CartRecovery.Contracts;
using CartRecovery.Engine.Configuration;
using CartRecovery.Engine.Configuration.Campaigns;
using CartRecovery.Engine.Configuration.Values;
using CartRecovery.Tests.Hosting.Api;
using CartRecovery.Tests.Plugins;
using CartRecovery.Tests.Support;
using static Microsoft.Playwright.Assertions;

namespace CartRecovery.Tests.Storefront;

/// <summary>A campaign's page in a browser, and tests that go to the store's staff through a real mail server.</summary>
[TestFixture]
[Category("EndToEnd")]
[Parallelizable]
sealed partial class CampaignPageTests
{
    const string Html = """
        <style>h1 { color: rgb(1, 2, 3) }</style><h1>Hello</h1><p style="color: rgb(10, 20, 30); font-family: 'Georgia'">{% for line in cart.lines %}{{ line.quantity }} × {{ line.name }}, {% endfor %}</p>
        <p style='color:rgb(4,5,6)'>{{ offer.code }}</p><script>document.title = "hijacked"</script><p onclick="alert(1)"><a href="{{ links.unsubscribe }}">Unsubscribe</a></p>
        """;

    MailServer _mail = null!;
    InProcessEngine _engine = null!;

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        _mail = await MailServer.StartAsync();
        _engine = await InProcessEngine.StartAsync(config =>
        {
            var store = config.Stores[0];
            (store.Name, store.CartUrl) = ("Demo <Shop>", "https://shop.example/cart");
            store.Staff.AddRange(["marketing@shop.example", "+31612345678"]);
            config.Contact.PublicUrl = "https://recover.example";
            config.Sinks["mail"] = MailTo(_mail.Port);
            config.Decisions.Campaigns.Add(new CampaignConfig
            {
                Name = "cart-left",
                Trigger = new TriggerConfig { Idle = Duration.FromMinutes(30) },
                Variants =
                [
                    new VariantConfig
                    {
                        Name = "gentle", Weight = 1,
                        Steps =
                        [
                            new StepConfig { Channel = "socket", Message = "Your cart ({{ cart.total | money }}) is waiting.", Action = new ActionConfig { Type = ActionKind.Reminder } },
                            new StepConfig
                            {
                                Channel = "mail", Wait = Duration.FromHours(24), Subject = "Back to {{ store.name }}?", Message = "Use {{ offer.code }}: {{ links.cart }}", Html = Html,
                                Choices =
                                [
                                    new ActionConfig { Type = ActionKind.Reminder },
                                    new ActionConfig { Type = ActionKind.Discount, Percent = 10, Code = "BACK10" },
                                    new ActionConfig { Type = ActionKind.Discount, Percent = 15, Codes = new DiscountCodesConfig { Prefix = "SAVE-" } },
                                ],
                            },
                        ],
                    },
                    new VariantConfig { Name = "nothing", Weight = 1 },
                ],
            });
        });
        await _engine.PostAsync("/v1/products", """[{"id":"p1","name":"Kettle <red>"},{"id":"p2","name":"Toaster"}]""");
        await _engine.PostAsync("/v1/events", EventJson.Array(
            EventJson.Of("c1", "add_to_cart", ",\"productId\":\"p1\",\"price\":40,\"quantity\":2,\"userId\":\"jo\""),
            EventJson.Of("c1", "add_to_cart", ",\"productId\":\"p2\",\"price\":19.5")));
    }

    [OneTimeTearDown]
    public async Task StopAsync()
    {
        await _engine.DisposeAsync();
        await _mail.DisposeAsync();
    }

    [Test]
    public async Task A_page_shows_real_lines_and_each_choice_and_runs_nothing([Values] bool mobile)
    {
        await using var chromium = await Chromium.StartAsync();
        await using var browser = await chromium.OpenAsync(mobile);
        var page = await browser.OpenAsync(new Uri(_engine.Http.BaseAddress!, $"/v1/campaigns/cart-left/preview?cartId=c1&key={InProcessEngine.Secret}"));
        await Expect(page.Locator("h1")).ToHaveTextAsync("cart-left");
        await Expect(page.Locator(".kicker")).ToHaveTextAsync("Preview for Demo <Shop>");
        await Expect(page.Locator(".cart tbody tr")).ToHaveTextAsync(["Kettle <red>2$80.00", "Toaster1$19.50"]);
        await Expect(page.Locator("article h4")).ToContainTextAsync(["Reminder", "Reminder", "10% off BACK10", "15% off SAVE-"]);
        await Expect(page.Locator(".bubble")).ToHaveTextAsync("Your cart ($99.50) is waiting.");
        await Expect(page.Locator(".test pre")).ToContainTextAsync("\"step\":2");
        await Expect(page.Locator("h2").Filter(new() { HasText = "Variant" })).ToHaveTextAsync(["Variant gentle 50% of the shoppers", "Variant nothing 50% of the shoppers"]);
        await Expect(page.Locator("iframe")).ToHaveCountAsync(3);
        var mail = page.Locator("iframe").Nth(1).ContentFrame;
        await Expect(mail.Locator("h1")).ToHaveCSSAsync("color", "rgb(1, 2, 3)");
        await Expect(mail.Locator("p").First).ToHaveCSSAsync("color", "rgb(10, 20, 30)");
        await Expect(mail.Locator("p").First).ToHaveCSSAsync("font-family", "Georgia");
        await Expect(mail.Locator("p").Nth(1)).ToHaveCSSAsync("color", "rgb(4, 5, 6)");
        await Expect(mail.Locator("p").Nth(1)).ToHaveTextAsync("BACK10");
        Assert.That(await page.TitleAsync(), Is.EqualTo("cart-left: preview"), "the mail's script did not run");
        Assert.That(await page.EvaluateAsync<bool>("document.documentElement.scrollWidth <= innerWidth"), "it fits the window's width");
        Assert.That(browser.Violations.Where(text => text.Contains("style", StringComparison.OrdinalIgnoreCase)), Is.Empty, "the mails' own styles are admitted");
        await page.SetViewportSizeAsync(mobile ? 390 : 1280, mobile ? 3200 : 2300);
        await Shopper.DrawAsync(page, $"campaign-{(mobile ? "mobile" : "desktop")}");
    }

    [Test]
    public async Task The_policy_of_a_page_admits_its_styles_by_their_hashes_and_no_script()
    {
        var page = await _engine.GetAsync("/v1/campaigns/cart-left/preview");
        var posted = await _engine.PostAsync("/v1/campaigns/cart-left/preview", "{}", InProcessEngine.Secret, ("Accept", "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8"));
        using var asked = new HttpRequestMessage(HttpMethod.Post, "/v1/campaigns/cart-left/preview") { Content = new StringContent("""{"step":2,"choice":2}""", System.Text.Encoding.UTF8, "application/json") };
        asked.Headers.Accept.ParseAdd("application/json, text/html;q=0.1");
        using var json = await _engine.Http.SendAsync(asked);
        var policy = page.Headers["Content-Security-Policy"];

        using (Assert.EnterMultipleScope())
        {
            Assert.That(policy, Does.Match("^default-src 'none'; style-src 'sha256-[^;]+; img-src http: https: data:; form-action 'none'; base-uri 'none'; frame-ancestors 'none'$"));
            Assert.That(policy, Does.Not.Contain("unsafe-inline").And.Not.Contain("script-src"));
            Assert.That(page.Headers["Cache-Control"], Is.EqualTo("no-store"));
            Assert.That(page.Body, Does.Contain("A sample cart").And.Contain("Sample product 2").And.Contain("marketing@shop.example").And.Not.Contain("/v1/track/open/"));
            Assert.That(posted.Body, Is.EqualTo(page.Body).Or.Contains("Sample product 2"));
            Assert.That(await json.Content.ReadAsStringAsync(), Does.Contain("\"code\":\"BACK10\""));
            Assert.That((await _engine.GetAsync("/v1/campaigns/cart-left/preview?cartId=none")).Problem, Is.EqualTo((404, "cart_not_found")));
            Assert.That((await _engine.GetAsync("/v1/campaigns/nothing/preview")).Problem, Is.EqualTo((404, "campaign_unknown")));
        }
    }

    [Test]
    public async Task A_test_goes_to_the_staff_alone_and_its_links_record_nothing()
    {
        foreach (var (body, problem) in new[]
        {
            ("""{"to":"jo@guest.example","step":2}""", (400, "not_staff")), ("""{"step":2}""", (400, "not_staff")), ("""{"to":"marketing@shop.example, jo@guest.example","step":2}""", (400, "not_staff")),
            ("""{"to":"marketing@shop.example","step":1}""", (409, "channel_without_address")), ("""{"to":"+31612345678","step":2}""", (409, "channel_without_address")),
            ("""{"to":"marketing@shop.example","step":2,"choice":4}""", (404, "campaign_unknown")), ("""{"to":"marketing@shop.example","step":3}""", (404, "campaign_unknown")),
            ("""{"to":"marketing@shop.example","step":2,"cartId":"none"}""", (404, "cart_not_found")),
        })
        {
            Assert.That((await _engine.PostAsync("/v1/campaigns/cart-left/test", body)).Problem, Is.EqualTo(problem), body);
        }

        var sent = await _engine.PostAsync("/v1/campaigns/cart-left/test", """{"to":"Marketing@Shop.example","step":2,"choice":2,"cartId":"c1"}""");
        Assert.That((sent.Status, sent.Json.GetProperty("to").GetString()), Is.EqualTo((HttpStatusCode.Accepted, "marketing@shop.example")));
        await Eventually.Is(() => _mail.Mails.Count == 1, "the test arrives");
        var mail = _mail.Mails.Single();
        var text = mail.Text.Replace("=\r\n", "", StringComparison.Ordinal).Replace("=3D", "=", StringComparison.Ordinal);
        Assert.That((mail.Recipient, mail.Header("Subject")), Is.EqualTo(("marketing@shop.example", "[Test] Back to Demo <Shop>?")));
        Assert.That(text, Does.Contain("BACK10"));

        using var browser = new HttpClient(new HttpClientHandler { AllowAutoRedirect = false }) { BaseAddress = _engine.Http.BaseAddress };
        using var unsubscribed = await browser.PostAsync(new Uri(Link().Match(text).Value).AbsolutePath, content: null);
        Assert.That(await unsubscribed.Content.ReadAsStringAsync(), Does.Contain("Nobody was unsubscribed"));
        using var clicked = await browser.GetAsync(new Uri(Click().Match(text).Value).AbsolutePath);
        Assert.That(clicked.StatusCode, Is.EqualTo(HttpStatusCode.Redirect));
        using var restored = await browser.GetAsync($"/v1/restore/{clicked.Headers.Location!.Query["?restore=".Length..]}");
        Assert.That(await restored.Content.ReadAsStringAsync(), Does.Contain("Toaster"));
        Assert.That(await _engine.EventsOfAsync("c1"), Is.EqualTo(2), "no click and no unsubscription");
        Assert.That((await _engine.GetAsync("/v1/interventions")).Json.GetProperty("items").GetArrayLength(), Is.Zero);
    }

    [Test]
    public async Task Tests_are_limited_for_each_store_and_never_sent_to_a_suppressed_address()
    {
        await using var engine = await InProcessEngine.StartAsync(config =>
        {
            config.Stores[0].Staff.AddRange(["a@shop.example", "b@shop.example"]);
            config.Sinks["mail"] = MailTo(1);
            var campaign = InProcessEngine.Answering("begin_checkout", "m");
            (campaign.Action, campaign.Channel, campaign.Message) = (null, null, null);
            campaign.Steps = [new StepConfig { Channel = "mail", Subject = "s", Message = "m", Action = new ActionConfig { Type = ActionKind.Reminder } }];
            config.Decisions.Campaigns.Add(campaign);
        });
        await engine.PostAsync("/v1/suppressions", """{"channel":"email","address":"b@shop.example"}""");
        Assert.That((await engine.PostAsync("/v1/campaigns/on-begin_checkout/test", """{"to":"b@shop.example"}""")).Problem, Is.EqualTo((409, "address_suppressed")));
        for (var i = 0; i < 10; i++)
        {
            Assert.That((await engine.PostAsync("/v1/campaigns/on-begin_checkout/test", """{"to":"a@shop.example"}""")).Status, Is.EqualTo(HttpStatusCode.Accepted));
        }

        var over = await engine.PostAsync("/v1/campaigns/on-begin_checkout/test", """{"to":"a@shop.example"}""");
        Assert.That(over.Problem, Is.EqualTo((429, "rate_limited")));
        Assert.That(int.Parse(over.Headers["Retry-After"], CultureInfo.InvariantCulture), Is.InRange(1, 600));
    }

    static SinkConfig MailTo(int port)
    {
        var sink = new SinkConfig { Type = "email" };
        sink.SetOption("host", new OptionValue("127.0.0.1"));
        sink.SetOption("port", new OptionValue(port.ToString(CultureInfo.InvariantCulture)));
        sink.SetOption("tls", new OptionValue("none"));
        sink.SetOption("from", new OptionValue("shop@shop.example"));
        return sink;
    }

    [GeneratedRegex("https://recover.example/v1/track/unsubscribe/[A-Za-z0-9_-]+")]
    private static partial Regex Link();

    [GeneratedRegex("https://recover.example/v1/track/click/[A-Za-z0-9_-]+")]
    private static partial Regex Click();
}
