using System.Net;
using CartRecovery.Engine.Configuration;
using CartRecovery.Engine.Configuration.Values;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Hosting.Api;

/// <summary>Carts, checkouts and orders as resources, and what channels report of messages: each write is an event.</summary>
[TestFixture]
sealed class CommerceApiTests
{
    Scratch _scratch = null!;

    InProcessEngine Engine { get; set; } = null!;

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        _scratch = new Scratch();
        Engine = await InProcessEngine.StartAsync(config =>
        {
            var sink = new SinkConfig { Type = "file", BatchAge = Duration.FromMilliseconds(0) };
            sink.SetOption("path", _scratch.PathOf("crm.ndjson"));
            config.Sinks["crm"] = sink;
            var campaign = InProcessEngine.Answering("begin_checkout");
            campaign.Channel = "crm";
            config.Decisions.Campaigns.Add(campaign);
        });
    }

    [OneTimeTearDown]
    public async Task StopAsync()
    {
        await Engine.DisposeAsync();
        _scratch.Dispose();
    }

    [Test]
    public async Task A_cart_is_filled_emptied_checked_out_and_ordered()
    {
        Assert.That((await Engine.PostAsync("/v1/cart", """{"cartId":"r1","productId":"p/1","price":20,"quantity":2,"currency":"EUR","variant":"red","id":"r1-1"}""")).Body, Is.EqualTo("""{"duplicate":false}"""));
        Assert.That((await Engine.PostAsync("/v1/cart", """{"cartId":"r1","productId":"p/1","price":20,"quantity":2,"currency":"EUR","variant":"red","id":"r1-1"}""")).Body, Is.EqualTo("""{"duplicate":true}"""));
        await Engine.PostAsync("/v1/cart", """{"cartId":"r1","productId":"p2","price":5,"currency":"EUR"}""");
        Assert.That(await LinesAsync("r1"), Is.EqualTo(new[] { ("p/1", 2m), ("p2", 1m) }));

        var removed = await Engine.AskAsync(HttpMethod.Delete, "/v1/cart/p%2F1?cartId=r1&variant=red", content: null, InProcessEngine.Secret);
        Assert.That(removed.Status, Is.EqualTo(HttpStatusCode.OK), removed.Body);
        Assert.That(await LinesAsync("r1"), Is.EqualTo(new[] { ("p2", 1m) }));

        Assert.That((await Engine.PostAsync("/v1/checkout", """{"cartId":"r1","step":"payment"}""")).Status, Is.EqualTo(HttpStatusCode.OK));
        Assert.That((await Engine.GetAsync("/v1/features/r1")).Json.GetProperty("features").GetProperty("checkout_step").GetDouble(), Is.EqualTo(3));
        Assert.That((await Engine.PostAsync("/v1/conversions", """{"cartId":"r1","orderId":"o-r1","value":5,"currency":"EUR"}""")).Status, Is.EqualTo(HttpStatusCode.OK));
        Assert.That((await Engine.GetAsync("/v1/carts/r1")).Json.GetProperty("state").GetString(), Is.EqualTo("purchased"));
        var order = (await Engine.GetAsync("/v1/orders")).Json.GetProperty("items").EnumerateArray().Single(item => item.GetProperty("orderId").GetString() == "o-r1");
        Assert.That(order.GetProperty("value").ValueKind, Is.EqualTo(System.Text.Json.JsonValueKind.Null), "no campaign was triggered for the shopper");
    }

    [Test]
    public async Task A_channel_reports_a_click_and_the_order_that_followed()
    {
        await Engine.PostAsync("/v1/events", EventJson.Of("r2", "add_to_cart", ",\"productId\":\"p1\",\"price\":40,\"currency\":\"EUR\""));
        await Engine.PostAsync("/v1/checkout", """{"cartId":"r2"}""");
        var id = "";
        await Eventually.Is(() =>
        {
            var items = Engine.GetAsync("/v1/interventions?cartId=r2").GetAwaiter().GetResult().Json.GetProperty("items");
            id = items.GetArrayLength() == 1 && items[0].GetProperty("state").GetString() == "sent" ? items[0].GetProperty("id").GetString()! : "";
            return id.Length > 0;
        }, "the message was sent");

        Assert.That((await Engine.PostAsync($"/v1/track/{id}", """{"type":"clicked"}""")).Body, Is.EqualTo("""{"duplicate":false}"""));
        Assert.That((await Engine.PostAsync($"/v1/track/{id}", """{"type":"clicked"}""")).Body, Is.EqualTo("""{"duplicate":true}"""));
        Assert.That((await Engine.PostAsync("/v1/conversions", $$"""{"interventionId":"{{id}}","orderId":"o-r2","value":40,"currency":"EUR"}""")).Status, Is.EqualTo(HttpStatusCode.OK));

        var steps = (await Engine.GetAsync($"/v1/track/{id}")).Json.GetProperty("events").EnumerateArray().ToArray();
        Assert.That(steps.Select(step => step.GetProperty("type").GetString()), Is.SupersetOf(new[] { "decided", "sent", "clicked", "order" }));
        Assert.That(steps.Single(step => step.GetProperty("type").GetString() == "order").GetProperty("value").GetDouble(), Is.EqualTo(40));
        var order = (await Engine.GetAsync("/v1/orders")).Json.GetProperty("items").EnumerateArray().Single(item => item.GetProperty("orderId").GetString() == "o-r2");
        Assert.That((order.GetProperty("value").GetDouble(), order.GetProperty("cartId").GetString(), order.GetProperty("intervention").GetString()), Is.EqualTo((40, "r2", id)));
    }

    [Test]
    public async Task An_order_told_again_with_another_value_is_edited()
    {
        await Engine.PostAsync("/v1/events", EventJson.Of("r3", "add_to_cart", ",\"productId\":\"p1\",\"price\":40,\"currency\":\"EUR\""));
        await Engine.PostAsync("/v1/checkout", """{"cartId":"r3"}""");
        const string Messages = "/v1/interventions?cartId=r3";
        await Eventually.Is(async () => (await Engine.GetAsync(Messages)).Json.GetProperty("items").GetArrayLength() == 1, "it is contacted");
        foreach (var value in new[] { 40, 30, 40, 40, 35 })
        {
            var order = $$"""{"cartId":"r3","orderId":"o-r3","value":{{value}},"currency":"EUR"}""";
            var told = await Engine.PostAsync("/v1/conversions", order);
            Assert.That(told.Body, Is.EqualTo("""{"duplicate":false}"""));
            Assert.That(await ValuesAsync("o-r3"), Is.EqualTo(new[] { (double)value }));
        }

        const string Again = """{"cartId":"r3","orderId":"o-r3","value":20,"currency":"EUR","id":"r3-1"}""";
        Assert.That((await Engine.PostAsync("/v1/conversions", Again)).Body, Is.EqualTo("""{"duplicate":false}"""));
        Assert.That((await Engine.PostAsync("/v1/conversions", Again)).Body, Is.EqualTo("""{"duplicate":true}"""));
        Assert.That(await ValuesAsync("o-r3"), Is.EqualTo(new[] { 20d }));
    }

    [TestCase(251)]
    [TestCase(256)]
    [TestCase(300)]
    public async Task An_order_may_have_any_id_that_an_event_may_name(int length)
    {
        var (order, cart) = (new string('o', length), $"r4-{length}");
        var told = await Engine.PostAsync("/v1/conversions", $$"""{"cartId":"{{cart}}","orderId":"{{order}}","value":5}""");
        Assert.That(told.Status, Is.EqualTo(HttpStatusCode.OK), told.Body);
        Assert.That((await Engine.GetAsync($"/v1/carts/{cart}")).Json.GetProperty("state").GetString(), Is.EqualTo("purchased"));
    }

    [TestCase("undefined")]
    [TestCase("a-undefined")]
    [TestCase("[object Object]")]
    public async Task An_order_that_is_none_is_refused_by_its_own_name(string order)
    {
        var answer = await Engine.PostAsync("/v1/conversions", $$"""{"cartId":"r5","orderId":"{{order}}","value":5}""");
        Assert.That(answer.Problem, Is.EqualTo((400, "placeholder_id")));
        Assert.That(answer.Body, Does.Contain("'orderId'"));
    }

    [TestCase("/v1/track/iv_1", """{"type":"clicked"}""", 404, "intervention_unknown")]
    [TestCase("/v1/track/iv_1", """{"type":"purchase"}""", 400, "unknown_event_type")]
    [TestCase("/v1/conversions", """{"interventionId":"iv_1","orderId":"o","value":1}""", 404, "intervention_unknown")]
    [TestCase("/v1/conversions", """{"cartId":"x","value":1}""", 400, "missing_field")]
    [TestCase("/v1/conversions", """{"cartId":"x","orderId":"o"}""", 400, "missing_field")]
    [TestCase("/v1/conversions", """{"cartId":"x","orderId":"o","value":-1,"currency":"EUR"}""", 400, "out_of_range")]
    [TestCase("/v1/cart", """{"cartId":"x","price":1}""", 400, "missing_field")]
    [TestCase("/v1/cart", """{"cartId":"x","productId":"p","price":1,"currency":"nope"}""", 400, "out_of_range")]
    [TestCase("/v1/checkout", """{"cartId":"x","step":"none"}""", 400, "out_of_range")]
    [TestCase("/v1/checkout", """{}""", 400, "missing_field")]
    public async Task A_bad_request_has_the_code_of_the_rule_it_breaks(string path, string body, int status, string code) =>
        Assert.That((await Engine.PostAsync(path, body)).Problem, Is.EqualTo((status, code)));

    async Task<double[]> ValuesAsync(string order) => [.. (await Engine.GetAsync("/v1/orders")).Json.GetProperty("items").EnumerateArray()
        .Where(item => item.GetProperty("orderId").GetString() == order).Select(item => item.GetProperty("value").GetDouble())];

    async Task<(string, decimal)[]> LinesAsync(string cart) =>
        [.. (await Engine.GetAsync($"/v1/carts/{cart}")).Json.GetProperty("lines").EnumerateArray().Select(line => (line.GetProperty("productId").GetString()!, line.GetProperty("quantity").GetDecimal()))];
}
