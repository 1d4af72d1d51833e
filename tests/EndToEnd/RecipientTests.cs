using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using CartRecovery.Tests.Plugins;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.EndToEnd;

/// <summary>Who is reached, and who is not, by the addresses and ids that shops send: the real binary against a relay and an API for texts.</summary>
[TestFixture]
[Category("EndToEnd")]
[Parallelizable]
public sealed class RecipientTests
{
    static int s_id;

    Scratch _scratch = null!;

    [SetUp]
    public void SetUp() => _scratch = new Scratch();

    [TearDown]
    public void TearDown() => _scratch.Dispose();

    [Test]
    public async Task A_number_is_one_in_every_spelling_and_what_is_none_is_refused()
    {
        await using var texts = await Receiver.StartAsync(201);
        await using var engine = await StartAsync($$"""{ sms: { type: sms, url: "{{texts.Root}}", account: AC0123456789abcdef0123456789abcdef, token: secret, from: "+15005550006" } }""", "sms");
        using var suppressed = await engine.Http.PostAsJsonAsync("/v1/suppressions", new { channel = "sms", address = "+4915112340000", reason = "asked" });
        Assert.That(suppressed.IsSuccessStatusCode, Is.True);
        await ContactAsync(engine, "c1", "u1", "sms", "\"phone\":\"+49 151 12340000\"");
        await ContactAsync(engine, "c2", "u2", "sms", "\"phone\":\"0151 12340001\"");
        await Eventually.Is(async () => await StateAsync(engine, "c1") == ("withheld", "suppressed") && await StateAsync(engine, "c2") == ("sent", null), "the one is suppressed, the other sent");
        Assert.That(texts.Posts.Select(post => Uri.UnescapeDataString(post.Body)), Has.One.Items.And.One.Contains("To=+4915112340001"));

        using var body = new StringContent(Event("identify", "c3", "u3", "\"phone\":\"12\""));
        using var refused = await engine.Http.PostAsync("/v1/events", body);
        Assert.That(refused.StatusCode, Is.EqualTo(HttpStatusCode.BadRequest));
        Assert.That(await refused.Content.ReadAsStringAsync(), Does.Contain("\"invalid_address\""));
    }

    [Test]
    public async Task Both_spellings_of_an_international_domain_are_one_address()
    {
        await using var relay = new ScriptedRelay();
        await using var engine = await StartAsync(MailTo(relay), "mail");
        using var suppressed = await engine.Http.PostAsJsonAsync("/v1/suppressions", new { channel = "email", address = "jo@m\u00fcller.example", reason = "asked" });
        Assert.That(suppressed.IsSuccessStatusCode, Is.True);
        await ContactAsync(engine, "c1", "u1", "email", "\"email\":\"jo@xn--mller-kva.example\"");
        await ContactAsync(engine, "c2", "u2", "email", "\"email\":\"ann@xn--mller-kva.example\"");
        await ContactAsync(engine, "c3", "u3", "email", "\"email\":\"bob@m\u00fcller.example\"");
        await Eventually.Is(async () => await StateAsync(engine, "c1") == ("withheld", "suppressed"), "the spelling of a suppressed address is suppressed");
        await Eventually.Is(async () => await StateAsync(engine, "c2") == ("sent", null) && await StateAsync(engine, "c3") == ("sent", null), "others are sent");
        Assert.That(relay.Mails.Select(mail => mail.Recipient), Is.EquivalentTo(new[] { "ann@xn--mller-kva.example", "bob@xn--mller-kva.example" }));
    }

    [Test]
    public async Task Whoever_has_just_bought_as_a_guest_is_not_reminded_at_the_same_address()
    {
        await using var relay = new ScriptedRelay();
        await using var engine = await StartAsync(MailTo(relay), "mail", ", { wait: 3s, channel: mail, action: { type: reminder }, subject: s, message: again }");
        await ContactAsync(engine, "c1", "u1", "email", "\"email\":\"b@shop.example\"");
        await Eventually.Is(() => Task.FromResult(relay.Mails.Count == 1), "the series begins");
        await SendAsync(engine, Event("purchase", "g1", null, "\"value\":50"), Event("identify", "g1", null, "\"email\":\"B@shop.example\""));
        await Eventually.Is(async () => (await StatesAsync(engine)).Contains(("c1", "withheld", "purchased")), "the next reminder is withheld");
        Assert.That(relay.Mails, Has.Count.EqualTo(1));
    }

    [TestCase("undefined")]
    [TestCase("{{ customer.id | default: session.customer.id | append: shop.customer_suffix }}")]
    public async Task Shoppers_whose_shop_wrote_no_id_are_not_one_customer(string user)
    {
        await using var relay = new ScriptedRelay();
        await using var engine = await StartAsync(MailTo(relay), "mail");
        await ContactAsync(engine, "c1", user, "email", "\"email\":\"jo@shop.example\"");
        await Eventually.Is(async () => await StateAsync(engine, "c1") == ("sent", null), "the shopper with the address has the mail");
        await SendAsync(engine, Event("add_to_cart", "c2", user, "\"productId\":\"p1\",\"price\":30"));
        await Eventually.Is(async () => await StateAsync(engine, "c2") == ("withheld", "no_address"), "another shopper's cart has nobody to be mailed to");
        Assert.That(relay.Mails, Has.Count.EqualTo(1));
    }

    static string MailTo(ScriptedRelay relay) => $$"""{ mail: { type: email, host: 127.0.0.1, port: {{relay.Port}}, tls: none, from: "shop@shop.example" } }""";

    Task<RunningEngine> StartAsync(string sinks, string channel, string next = "") => RunningEngine.StartAsync(_scratch, new EngineConfig
    {
        StoreKeys = "country: DE",
        Campaigns = $$"""[{ name: added, trigger: { event: add_to_cart }, steps: [{ channel: {{channel}}, action: { type: reminder }, {{(channel == "mail" ? "subject: s, " : "")}}message: m }{{next}}] }]""",
        Window = "0s",
        Contact = "{ holdout: 0, firstMessage: 0s, caps: [], quietHours: }",
        Sinks = sinks,
    });

    static Task ContactAsync(RunningEngine engine, string cart, string user, string channel, string address) => SendAsync(engine,
        Event("identify", cart, user, address), Event("consent", cart, user, $"\"channel\":\"{channel}\",\"granted\":true"), Event("add_to_cart", cart, user, "\"productId\":\"p1\",\"price\":30"));

    static string Event(string type, string cart, string? user, string more) => string.Create(CultureInfo.InvariantCulture,
        $$"""{"id":"r{{Interlocked.Increment(ref s_id)}}","type":"{{type}}","cartId":"{{cart}}"{{(user is null ? "" : $",\"userId\":\"{user}\"")}},"ts":{{TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds()}},{{more}}}""");

    static async Task SendAsync(RunningEngine engine, params string[] events)
    {
        using var body = new StringContent($"[{string.Join(',', events)}]");
        using var response = await engine.Http.PostAsync("/v1/events", body);
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK), await response.Content.ReadAsStringAsync());
    }

    static async Task<(string State, string? Reason)> StateAsync(RunningEngine engine, string cart) =>
        (await StatesAsync(engine)).Where(message => message.Cart == cart).Select(message => (message.State, message.Reason)).FirstOrDefault();

    static async Task<List<(string Cart, string State, string? Reason)>> StatesAsync(RunningEngine engine) =>
        [.. (await engine.GetJsonAsync("/v1/interventions?limit=1000")).GetProperty("items").EnumerateArray()
            .Select(i => (i.GetProperty("cartId").GetString()!, i.GetProperty("state").GetString()!, i.GetProperty("reason").GetString()))];
}
