using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.EndToEnd;

/// <summary>Orders, refunds, currencies and lines as shops report them, told to the real binary over HTTP.</summary>
[TestFixture]
[Category("EndToEnd")]
[Parallelizable]
public sealed class MoneyTests
{
    const string HeadlessCart = "gid://shopify/Cart/hWN2Hiyz1nAoGbbQ8pmcvnVB?key=2f5b3b2a9c1d4e6f8a7b6c5d4e3f2a1b0c9d8e7f6a5b4c3d2";

    static int s_id;

    Scratch _scratch = null!;
    RunningEngine _engine = null!;

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        _scratch = new Scratch();
        _engine = await RunningEngine.StartAsync(_scratch, new EngineConfig
        {
            Campaigns = """
                [{ name: series, trigger: { event: begin_checkout }, steps: [{ channel: crm, action: { type: reminder }, message: "{{ cart.total | money }}{% for line in cart.lines %} {{ line.total | money }}{% endfor %}" },
                   { wait: 1h, channel: crm, action: { type: reminder }, message: again }] },
                 { name: large, trigger: { event: add_to_cart }, when: [{ feature: cart_value, atLeast: 250 }], action: { type: reminder }, channel: crm, message: large }]
                """,
            Window = "0s",
            Contact = "{ holdout: 0, firstMessage: 0s, caps: [], quietHours: }",
            Sinks = "{ crm: { type: file, path: crm.ndjson, batchAge: 1ms } }",
        });
    }

    [OneTimeTearDown]
    public async Task StopAsync()
    {
        await _engine.DisposeAsync();
        _scratch.Dispose();
    }

    // Each test has a currency of its own.
    [TestCase("NOK", ",\"orderId\":\"r-NOK\"")]
    [TestCase("SEK", "")]
    public async Task The_total_told_as_a_second_refund_never_makes_revenue_negative(string currency, string order)
    {
        await ContactAsync($"refunded-{currency}");
        await SendAsync(Event("purchase", $"refunded-{currency}", $",\"orderId\":\"r-{currency}\",\"value\":100,\"currency\":\"{currency}\""));
        Assert.That(await RevenueAsync(currency), Is.EqualTo((1, 100)));
        await SendAsync(Event("refund", $"refunded-{currency}", $"{order},\"value\":30,\"currency\":\"{currency}\""));
        Assert.That(await RevenueAsync(currency), Is.EqualTo((1, 70)));
        await SendAsync(Event("refund", $"refunded-{currency}", $"{order},\"value\":100,\"currency\":\"{currency}\""));
        Assert.That((await RevenueAsync(currency)).Revenue, Is.Zero);
    }

    [TestCase("DKK", "orderId")]
    [TestCase("PLN", "transaction_id")]
    public async Task An_order_told_three_times_counts_once_is_edited_by_another_value_and_may_be_cancelled(string currency, string name)
    {
        await ContactAsync($"told-{currency}");
        string Order(int value) => Event("purchase", $"told-{currency}", $",\"{name}\":\"o-{currency}\",\"value\":{value},\"currency\":\"{currency}\"");
        await SendAsync(Order(100), Order(100));
        await SendAsync(Order(100));
        Assert.That(await RevenueAsync(currency), Is.EqualTo((1, 100)));
        await SendAsync(Order(80));
        Assert.That(await RevenueAsync(currency), Is.EqualTo((1, 80)));
        await SendAsync(Event("order_cancelled", $"told-{currency}", $",\"{name}\":\"o-{currency}\""));
        Assert.That((await RevenueAsync(currency)).Revenue, Is.Zero);
    }

    [Test]
    public async Task Items_and_a_value_without_a_price_are_worth_what_they_say_and_money_without_an_amount_is_refused()
    {
        await SendAsync("""{"id":"m-items","type":"add_to_cart","cartId":"items","ts":NOW,"currency":"CHF","items":[{"item_id":"A","price":9.99,"quantity":3}]}""");
        var cart = await _engine.GetJsonAsync("/v1/carts/items");
        var line = cart.GetProperty("lines").EnumerateArray().Single();
        Assert.That((cart.GetProperty("value").GetDecimal(), cart.GetProperty("itemCount").GetDecimal()), Is.EqualTo((29.97m, 3m)));
        Assert.That((line.GetProperty("productId").GetString(), line.GetProperty("quantity").GetDecimal(), line.GetProperty("price").GetDecimal()), Is.EqualTo(("A", 3m, 9.99m)));

        await ContactAsync("items");
        await SendAsync(Event("purchase", "items", ",\"value\":29.97,\"currency\":\"CHF\""));
        Assert.That(await RevenueAsync("CHF"), Is.EqualTo((1, 29.97)));
        var (status, answer) = await PostAsync("/v1/events", Event("purchase", "items", ",\"orderId\":\"nothing\""));
        Assert.That((status, answer.GetProperty("code").GetString()), Is.EqualTo((HttpStatusCode.BadRequest, "missing_amount")));
    }

    [Test]
    public async Task A_hundred_dollars_and_fifteen_thousand_yen_are_no_sum_anywhere()
    {
        await SendAsync(
            Event("add_to_cart", "both", ",\"productId\":\"usd\",\"price\":100,\"currency\":\"USD\""), Event("add_to_cart", "both", ",\"productId\":\"jpy\",\"price\":15000,\"currency\":\"JPY\""),
            Event("add_to_cart", "large", ",\"productId\":\"usd\",\"price\":250,\"currency\":\"USD\""));
        await Eventually.Is(async () => await CampaignsOfAsync("large") is ["large"], "a cart of 250 dollars has its message");
        Assert.That(await CampaignsOfAsync("both"), Is.Empty);

        var cart = await _engine.GetJsonAsync("/v1/carts/both");
        Assert.That((cart.GetProperty("value").GetDecimal(), cart.GetProperty("currency").GetString()), Is.EqualTo((100m, "USD")));
        Assert.That(cart.GetProperty("lines").EnumerateArray().Select(line => (line.GetProperty("value").GetDecimal(), line.GetProperty("currency").GetString())),
            Is.EqualTo(new[] { (100m, "USD"), (15_000m, "JPY") }));
        var (_, preview) = await PostAsync("/v1/campaigns/series/preview", """{"step":1,"cartId":"both"}""");
        Assert.That(preview.GetProperty("message").GetString(), Is.EqualTo("$100.00 $100.00 ¥15,000"));

        await ContactAsync("both");
        await SendAsync(Event("purchase", "both", ",\"value\":15000,\"currency\":\"JPY\""));
        Assert.That(await RevenueAsync("JPY"), Is.EqualTo((1, 15_000)), "an order in another currency than the store's is reported");
        Assert.That((await RevenueAsync("USD")).Revenue, Is.Zero);
    }

    [TestCase("ISK", 4 * 60_000, 0, Description = "the shopper's clock is fast")]
    [TestCase("CZK", 0, -20_000, Description = "the order is dated before the series began")]
    [TestCase("HUF", 0, null, Description = "RFC 3339, whole seconds")]
    public async Task A_purchase_that_arrives_after_the_series_began_ends_it_and_counts(string currency, int shopper, int? order)
    {
        await ContactAsync($"left-{currency}", ",\"userId\":\"u-" + currency + "\"", shopper);
        var now = TimeProvider.System.GetUtcNow();
        var ts = order is { } offset ? now.AddMilliseconds(offset).ToUnixTimeMilliseconds().ToString(CultureInfo.InvariantCulture) : $"\"{now:yyyy-MM-ddTHH:mm:ssZ}\"";
        await SendAsync($$"""{"id":"m-{{currency}}","type":"purchase","cartId":"bought-{{currency}}","userId":"u-{{currency}}","ts":{{ts}},"value":50,"currency":"{{currency}}"}""");
        Assert.That(await RevenueAsync(currency), Is.EqualTo((1, 50)));
        var second = (await InterventionsAsync($"left-{currency}")).Single(message => message.GetProperty("state").GetString() != "sent" && message.GetProperty("state").GetString() != "sending");
        Assert.That((second.GetProperty("state").GetString(), second.GetProperty("reason").GetString()), Is.EqualTo(("withheld", "purchased")));
    }

    [Test]
    public async Task A_cart_of_a_headless_shop_has_an_id_of_97_bytes()
    {
        Assert.That(Encoding.UTF8.GetByteCount(HeadlessCart), Is.EqualTo(97));
        await SendAsync(Event("add_to_cart", HeadlessCart, ",\"productId\":\"apples\",\"price\":4,\"quantity\":0.25"));
        var cart = await _engine.GetJsonAsync($"/v1/carts/{Uri.EscapeDataString(HeadlessCart)}");
        Assert.That((cart.GetProperty("itemCount").GetDecimal(), cart.GetProperty("value").GetDecimal()), Is.EqualTo((0.25m, 1m)));
    }

    [Test]
    public async Task Figures_say_what_is_not_known_yet_and_what_the_sink_delivered()
    {
        await ContactAsync("figures");
        await SendAsync(Event("purchase", "figures", ",\"value\":10,\"currency\":\"GBP\""));
        var incremental = (await _engine.GetJsonAsync("/v1/analytics/revenue?from=7d")).GetProperty("incremental");
        Assert.That(incremental.GetProperty("revenue").ValueKind, Is.EqualTo(JsonValueKind.Null));
        Assert.That(incremental.GetProperty("reason").GetString(), Is.EqualTo("no_holdout"));
        await Eventually.Is(async () => Delivered(await _engine.GetJsonAsync("/v1/analytics/channels?from=7d")) == File.ReadAllLines(_scratch.PathOf("crm.ndjson")).Length, "the channel delivered what the file has");
        Assert.That((await _engine.GetJsonAsync("/v1/conversions")).GetProperty("items").EnumerateArray().Select(order => order.GetProperty("verified").ValueKind), Is.All.EqualTo(JsonValueKind.True));

        static long Delivered(JsonElement channels) =>
            channels.GetProperty("items").EnumerateArray().Single(channel => channel.GetProperty("channel").GetString() == "crm").GetProperty("delivered").GetInt64();
    }

    // Begins the series, and waits for its first message.
    async Task ContactAsync(string cart, string user = "", int ahead = 0)
    {
        await SendAsync(Event("begin_checkout", cart, user, ahead));
        await Eventually.Is(async () => (await CampaignsOfAsync(cart)).Contains("series"), $"{cart} is contacted");
    }

    async Task<(long Orders, double Revenue)> RevenueAsync(string currency)
    {
        var row = (await _engine.GetJsonAsync("/v1/analytics/revenue?from=7d")).GetProperty("byCurrency").EnumerateArray().FirstOrDefault(row => row.GetProperty("currency").GetString() == currency);
        return row.ValueKind == JsonValueKind.Undefined ? (0, 0) : (row.GetProperty("orders").GetInt64(), row.GetProperty("revenue").GetDouble());
    }

    async Task<string[]> CampaignsOfAsync(string cart) => [.. (await InterventionsAsync(cart)).Select(message => message.GetProperty("campaign").GetString()!).Distinct(StringComparer.Ordinal)];

    async Task<JsonElement[]> InterventionsAsync(string cart) => [.. (await _engine.GetJsonAsync($"/v1/interventions?cartId={Uri.EscapeDataString(cart)}")).GetProperty("items").EnumerateArray()];

    static string Event(string type, string cart, string more, int ahead = 0) => string.Create(CultureInfo.InvariantCulture,
        $$"""{"id":"m{{Interlocked.Increment(ref s_id)}}","type":"{{type}}","cartId":"{{cart}}","ts":{{TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds() + ahead}}{{more}}}""");

    async Task SendAsync(params string[] events)
    {
        var now = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds().ToString(CultureInfo.InvariantCulture);
        var (status, answer) = await PostAsync("/v1/events", $"[{string.Join(',', events).Replace("NOW", now, StringComparison.Ordinal)}]");
        Assert.That((status, answer.GetProperty("accepted").GetInt32()), Is.EqualTo((HttpStatusCode.OK, events.Length)), answer.ToString);
    }

    async Task<(HttpStatusCode Status, JsonElement Answer)> PostAsync(string path, string json)
    {
        using var body = new StringContent(json, Encoding.UTF8, "application/json");
        using var response = await _engine.Http.PostAsync(path, body);
        using var document = JsonDocument.Parse(await response.Content.ReadAsStringAsync());
        return (response.StatusCode, document.RootElement.Clone());
    }
}
