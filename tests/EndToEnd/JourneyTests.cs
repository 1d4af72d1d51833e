using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using CartRecovery.Tests.Plugins;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.EndToEnd;

/// <summary>The shop's view of campaigns, policy, tracking and revenue, through the real binary, a webhook receiver and HTTP.</summary>
[TestFixture]
[Category("EndToEnd")]
[Parallelizable]
public sealed class JourneyTests
{
    const string Secret = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";
    const string Left = """{ name: left, trigger: { idle: 1s }, when: [{ feature: item_count, atLeast: 1 }], """;

    static int s_id;

    Scratch _scratch = null!;

    [SetUp]
    public void SetUp() => _scratch = new Scratch();

    [TearDown]
    public void TearDown() => _scratch.Dispose();

    [Test]
    public async Task A_purchase_ends_the_series_and_its_pending_messages_have_a_reason()
    {
        await using var shop = await Receiver.StartAsync(204);
        await using var engine = await StartAsync(shop.Url, Left
            + """steps: [{ channel: crm, action: { type: reminder }, message: "{{#lines}}{{line_quantity}} {{line_name}}{{/lines}}" }, { wait: 1h, channel: crm, action: { type: reminder }, message: again }] }""");
        await SendAsync(engine, Event("add_to_cart", "c1", "u1", ""","productId":"p1","quantity":2,"price":10,"meta":{"name":"Hat"}"""));
        await Eventually.Is(() => shop.Posts.Count == 1, "the first message arrives");
        Assert.That(shop.Posts.Single().Body, Does.Contain("\"message\":\"2 Hat\""));
        await StateIsAsync(engine, "c1", "contacted", "scheduled", "sent");

        await SendAsync(engine, Event("purchase", "c1", "u1", ""","price":20"""));

        await StateIsAsync(engine, "c1", "recovered", "sent", "withheld");
        var withheld = (await engine.GetJsonAsync("/v1/interventions?state=withheld")).GetProperty("items").EnumerateArray().Single();
        Assert.That(withheld.GetProperty("reason").GetString(), Is.EqualTo("purchased"));
        Assert.That(await engine.Http.GetStringAsync("/metrics"), Does.Contain("cartrecovery_interventions_withheld_total{reason=\"purchased\"} 1\n"));
        Assert.That(shop.Posts, Has.Count.EqualTo(1));
    }

    [Test]
    public async Task A_click_restores_the_cart_and_the_order_is_attributed_to_it()
    {
        await using var shop = await Receiver.StartAsync(204);
        await using var engine = await StartAsync(shop.Url, Left + """action: { type: reminder }, channel: crm, message: "{{restore_url}}" }""");
        await SendAsync(engine, Event("add_to_cart", "c1", "u1", ""","productId":"p1","price":30"""));
        await Eventually.Is(() => shop.Posts.Count == 1, "the message arrives");
        var link = LinkIn(shop.Posts.Single().Body);
        using var browser = new HttpClient(new HttpClientHandler { AllowAutoRedirect = false }) { BaseAddress = engine.Http.BaseAddress };

        // A mail gateway follows the link first, which does not count.
        browser.DefaultRequestHeaders.UserAgent.ParseAdd("Mimecast/1.0 (link scanner)");
        using (var scanned = await browser.GetAsync(link))
        {
            Assert.That(scanned.StatusCode, Is.EqualTo(HttpStatusCode.Redirect));
        }

        Assert.That((await InterventionAsync(engine)).GetProperty("clickedAt").ValueKind, Is.EqualTo(JsonValueKind.Null));

        browser.DefaultRequestHeaders.UserAgent.Clear();
        browser.DefaultRequestHeaders.UserAgent.ParseAdd("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0");
        string? target = null;
        await Eventually.Is(async () =>
        {
            using var clicked = await browser.GetAsync(link);
            target = clicked.Headers.Location!.ToString();
            return (await InterventionAsync(engine)).GetProperty("clickedAt").ValueKind == JsonValueKind.String;
        }, "the click is counted");
        Assert.That(target, Does.StartWith("https://shop.example/cart?restore="));

        var restored = await JsonAsync(browser, $"/v1/restore/{target![(target!.IndexOf('=', StringComparison.Ordinal) + 1)..]}");
        Assert.That((restored.GetProperty("cartId").GetString(), restored.GetProperty("items").GetArrayLength()), Is.EqualTo(("c1", 1)));
        using (var elsewhere = await browser.GetAsync($"{link}?to=https://evil.example/"))
        {
            Assert.That(elsewhere.Headers.Location!.Host, Is.EqualTo("shop.example"));
        }

        using (var forged = await browser.GetAsync(link[..^2] + (link[^2] == 'A' ? 'B' : 'A') + link[^1]))
        {
            Assert.That(forged.StatusCode, Is.EqualTo(HttpStatusCode.NotFound));
        }

        await SendAsync(engine, Event("purchase", "c1", "u1", ""","price":30"""));
        await Eventually.Is(async () => (await RevenueAsync(engine)).GetProperty("revenue").GetDouble() == 30, "the order is put down to the click");
        using var csv = await engine.Http.GetAsync("/v1/conversions?format=csv");
        Assert.That(await csv.Content.ReadAsStringAsync(), Does.Contain(",true,").And.Contain(",click\r\n"));
    }

    [Test]
    public async Task A_click_leads_to_a_cart_page_of_any_spelling()
    {
        await using var shop = await Receiver.StartAsync(204);
        var config = Config(shop.Url, Left + """action: { type: reminder }, channel: crm, message: "{{restore_url}}" }""");
        await using var engine = await RunningEngine.StartAsync(_scratch, config with { CartUrl = "https://bücher.example/k%C3%B6rbchen/ä?q=ö" });
        await SendAsync(engine, Event("add_to_cart", "c1", "u1", ""","productId":"p1","price":30"""));
        await Eventually.Is(() => shop.Posts.Count == 1, "the message arrives");
        using var browser = new HttpClient(new HttpClientHandler { AllowAutoRedirect = false }) { BaseAddress = engine.Http.BaseAddress };
        using var clicked = await browser.GetAsync(LinkIn(shop.Posts.Single().Body));
        Assert.That(clicked.StatusCode, Is.EqualTo(HttpStatusCode.Redirect));
        Assert.That(clicked.Headers.GetValues("Location").Single(), Does.StartWith("https://xn--bcher-kva.example/k%C3%B6rbchen/%C3%A4?q=%C3%B6&restore="));
    }

    [Test]
    public async Task An_order_reported_by_a_browser_is_not_revenue()
    {
        await using var shop = await Receiver.StartAsync(204);
        await using var engine = await StartAsync(shop.Url, Left + """action: { type: reminder }, channel: crm, message: m }""");
        await SendAsync(engine, Event("add_to_cart", "c1", null, ""","sessionId":"s1","productId":"p1","price":30"""));
        await Eventually.Is(() => shop.Posts.Count == 1, "the message arrives");
        using var body = new StringContent(Event("purchase", "c1", null, ""","sessionId":"s1","price":30"""));
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/v1/events?key={EngineConfig.PublishableKey}") { Content = body };
        using var browser = new HttpClient { BaseAddress = engine.Http.BaseAddress };
        using var told = await browser.SendAsync(request);
        told.EnsureSuccessStatusCode();

        await Eventually.Is(async () => (await engine.GetJsonAsync("/v1/conversions")).GetProperty("items").GetArrayLength() == 1, "the order is noted");
        Assert.That((await engine.GetJsonAsync("/v1/conversions")).GetProperty("items")[0].GetProperty("verified").GetBoolean(), Is.False);
        var revenue = await engine.GetJsonAsync("/v1/analytics/revenue");
        Assert.That(revenue.GetProperty("treated").GetProperty("revenue").GetDouble(), Is.Zero);
    }

    [Test]
    public async Task Unsubscribing_requires_a_POST()
    {
        await using var shop = await Receiver.StartAsync(204);
        const string Mail = """{ type: email, host: 127.0.0.1, port: 1, tls: none, from: "shop@shop.example", retries: 0 }""";
        await using var engine = await StartAsync(shop.Url, Left
            + """steps: [{ channel: mail, action: { type: reminder }, subject: s, message: m }, { channel: crm, action: { type: reminder }, message: "{{cart_id}}" }] }""",
            mail: Mail, contact: "firstMessage: 0s, caps: []");
        await SendAsync(engine, Event("identify", "c1", "u1", ""","meta":{"email":"jo@shop.example","timezone":"Europe/Amsterdam"}"""),
            Event("consent", "c1", "u1", ""","meta":{"channel":"email","granted":true}"""));
        await SendAsync(engine, Event("add_to_cart", "c1", "u1", ""","productId":"p1","price":30"""));
        await Eventually.Is(async () => (await StatesAsync(engine)).Any(s => s.Channel == "mail" && s.State == "sending"), "the mail is being delivered");
        var preview = await PostAsync(engine, "/v1/campaigns/left/preview", """{"step":1,"cartId":"c1"}""");
        var sample = new Uri(preview.GetProperty("links").GetProperty("unsubscribe").GetString()!).AbsolutePath;
        using (var asked = await engine.Http.GetAsync(sample))
        {
            Assert.That(await asked.Content.ReadAsStringAsync(), Does.Contain("<form method=\"post\">"));
        }

        await PostAsync(engine, "/v1/events", Event("unsubscribed", "c1", "u1", ""","meta":{"channel":"email"}"""));
        await SendAsync(engine, Event("add_to_cart", "c2", "u1", ""","productId":"p1","price":30"""));

        await Eventually.Is(async () => (await StatesAsync(engine)).Any(s => s is { Channel: "mail", CartId: "c2", Reason: "suppressed" }), "the second mail is withheld");
    }

    [Test]
    public async Task Campaigns_are_reloaded_at_run_time_and_an_invalid_file_changes_nothing()
    {
        await using var shop = await Receiver.StartAsync(204);
        var config = Config(shop.Url, Left + """action: { type: reminder }, channel: crm, message: first }""");
        await using var engine = await RunningEngine.StartAsync(_scratch, config);
        await SendAsync(engine, Event("add_to_cart", "c1", null, ""","productId":"p1","price":30"""));
        await Eventually.Is(() => shop.Posts.Count == 1, "the first message arrives");

        (config with { Campaigns = "[{ name: broken, trigger: { idle: 1s } }]" }).WriteTo(_scratch);
        await Eventually.Is(async () => (await engine.GetJsonAsync("/health")).GetProperty("parts").GetProperty("configuration").GetProperty("detail").GetString()!
            .Contains("a campaign needs either action", StringComparison.Ordinal), "the invalid file is reported");
        await SendAsync(engine, Event("add_to_cart", "c2", null, ""","productId":"p1","price":30"""));
        await Eventually.Is(() => shop.Posts.Count == 2, "the old campaign is still active");

        (config with { Campaigns = $$"""[{{Left}}action: { type: reminder }, channel: crm, message: second }]""" }).WriteTo(_scratch);
        await Eventually.Is(async () => (await engine.GetJsonAsync("/health")).GetProperty("status").GetString() == "ok", "the new file is fine");
        await SendAsync(engine, Event("add_to_cart", "c3", null, ""","productId":"p1","price":30"""));
        await Eventually.Is(() => shop.Posts.Count == 3, "the third message arrives");
        Assert.That(shop.Posts.Last().Body, Does.Contain("\"message\":\"second\""));
    }

    [Test]
    public async Task A_dead_receiver_blocks_nothing_and_pending_interventions_survive_a_restart()
    {
        const int Carts = 300;
        var shop = await Receiver.StartAsync(204);
        var url = shop.Url;
        await shop.DisposeAsync();
        var config = Config(url, """{ name: added, trigger: { event: add_to_cart }, action: { type: reminder }, channel: crm, message: m }""", queue: 50);
        await using (var engine = await RunningEngine.StartAsync(_scratch, config))
        {
            await SendAsync(engine, [.. Enumerable.Range(0, Carts).Select(i => Event("add_to_cart", $"c{i}", null, ""","productId":"p1","price":30"""))]);
            await Eventually.Is(async () => (await StatesAsync(engine)).Count == Carts, "all are planned");
            await Eventually.Is(async () => (await engine.GetJsonAsync("/health")).GetProperty("status").GetString() == "degraded", "the sink's state shows");
            Assert.That((await StatesAsync(engine)).Select(s => s.State), Has.None.EqualTo("withheld"));
            await engine.KillAsync();
        }

        await using var back = await Receiver.StartAsync(204, new Uri(url).Port);
        await using var again = await RunningEngine.StartAsync(_scratch, config);
        await Eventually.Is(() => back.Posts.Select(p => p.Id).Distinct(StringComparer.Ordinal).Count() == Carts, "every message arrives");
        await Eventually.Is(async () => (await StatesAsync(again)).All(s => s.State == "sent"), "all are sent");
    }

    static string Event(string type, string cart, string? user, string more) => string.Create(CultureInfo.InvariantCulture,
        $$"""{"id":"o{{Interlocked.Increment(ref s_id)}}","type":"{{type}}","cartId":"{{cart}}"{{(user is null ? "" : $",\"userId\":\"{user}\"")}},"ts":{{TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds()}}{{more}}}""");

    EngineConfig Config(string url, string campaign, string? mail = null, string contact = "", int queue = 10_000) => new()
    {
        Campaigns = $"[{campaign}]",
        Window = "0s",
        Contact = $$"""{ holdout: 0, abandonedAfter: 1h, quietHours: , publicUrl: "http://127.0.0.1:8080", {{contact}} }""",
        CartUrl = "https://shop.example/cart",
        Sinks = $$"""{ crm: { type: webhook, url: "{{url}}", secret: "{{Secret}}", batchAge: 1ms, queue: {{queue}} }{{(mail is null ? "" : $", mail: {mail}")}} }""",
    };

    Task<RunningEngine> StartAsync(string url, string campaign, string? mail = null, string contact = "") =>
        RunningEngine.StartAsync(_scratch, Config(url, campaign, mail, contact));

    static async Task SendAsync(RunningEngine engine, params string[] events)
    {
        using var body = new StringContent($"[{string.Join(',', events)}]");
        using var response = await engine.Http.PostAsync("/v1/events", body);
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK), await response.Content.ReadAsStringAsync());
    }

    static async Task<JsonElement> PostAsync(RunningEngine engine, string path, string json)
    {
        using var body = new StringContent(json, Encoding.UTF8, "application/json");
        using var response = await engine.Http.PostAsync(path, body);
        using var document = JsonDocument.Parse(await response.EnsureSuccessStatusCode().Content.ReadAsStringAsync());
        return document.RootElement.Clone();
    }

    static async Task<JsonElement> JsonAsync(HttpClient client, string path)
    {
        using var document = JsonDocument.Parse(await client.GetStringAsync(path));
        return document.RootElement.Clone();
    }

    // A delivery is recorded some milliseconds after it arrives, so this waits.
    static async Task<JsonElement> InterventionAsync(RunningEngine engine) =>
        (await engine.GetJsonAsync("/v1/interventions")).GetProperty("items").EnumerateArray().Single();

    static async Task<List<(string Channel, string CartId, string State, string? Reason)>> StatesAsync(RunningEngine engine) =>
    [
        .. (await engine.GetJsonAsync("/v1/interventions?limit=1000")).GetProperty("items").EnumerateArray().Select(i => (
            i.GetProperty("channel").GetString()!, i.GetProperty("cartId").GetString()!, i.GetProperty("state").GetString()!, i.GetProperty("reason").GetString())),
    ];

    static async Task<JsonElement> RevenueAsync(RunningEngine engine) => (await engine.GetJsonAsync("/v1/analytics/revenue")).GetProperty("attributed");

    static Task StateIsAsync(RunningEngine engine, string cart, string state, params string[] messages) => Eventually.Is(async () =>
    {
        var life = await engine.GetJsonAsync($"/v1/carts/{cart}");
        return life.GetProperty("state").GetString() == state
            && life.GetProperty("interventions").EnumerateArray().Select(i => i.GetProperty("state").GetString()!).Order(StringComparer.Ordinal).SequenceEqual(messages);
    }, $"the cart is {state}, its messages {string.Join(" and ", messages)}");

    static string LinkIn(string body)
    {
        using var document = JsonDocument.Parse(body);
        return new Uri(document.RootElement.GetProperty("data").GetProperty("message").GetString()!).PathAndQuery;
    }
}
