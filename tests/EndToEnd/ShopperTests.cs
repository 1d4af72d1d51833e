using System.Globalization;
using System.Text.Json;
using CartRecovery.Tests.Plugins;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.EndToEnd;

/// <summary>Decisions reach the shopper and the shop.</summary>
[TestFixture]
[Category("EndToEnd")]
[Parallelizable]
public sealed class ShopperTests
{
    const string Secret = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";

    [Test]
    public async Task An_intervention_arrives_only_on_the_shoppers_own_socket()
    {
        using var scratch = new Scratch();
        await using var engine = await RunningEngine.StartAsync(scratch, new EngineConfig
        {
            Campaigns = """
                [{ name: hurry, trigger: { event: add_to_cart }, when: [{ feature: cart_value, atLeast: 50 }], action: { type: discount, percent: 15 },
                   channel: socket, message: "{{item_count}} for {{cart_value}} {{currency}}, {{discount}}% off" }]
                """,
        });
        // One on the stream port, the other on the HTTP port.
        await using var first = await EventStream.WebSocketAsync(engine.Stream, EngineConfig.PublishableKey, EngineConfig.Origin);
        var upgraded = new UriBuilder(engine.Http.BaseAddress!) { Scheme = "ws", Path = "/v1/stream" }.Uri;
        await using var second = await EventStream.WebSocketAsync(upgraded, EngineConfig.PublishableKey, EngineConfig.Origin);

        await first.SendAsync(Added("e1", "cart-1", "session-1"));
        await Eventually.Is(() => first.Interventions.Count == 1, "the first shopper gets an offer");
        // The first intervention on this socket is its own, although it was decided later.
        await second.SendAsync(Added("e2", "cart-2", "session-2"));
        await Eventually.Is(() => second.Interventions.Count == 1, "the second shopper gets an offer");

        var frame = first.Interventions.Single();
        var payload = frame.GetProperty("payload");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(frame.GetProperty("messageId").GetString(), Is.EqualTo(payload.GetProperty("id").GetString()).And.StartsWith("iv_"));
            Assert.That(payload.GetProperty("cartId").GetString(), Is.EqualTo("cart-1"));
            Assert.That(payload.GetProperty("campaign").GetString(), Is.EqualTo("hurry"));
            Assert.That(payload.GetProperty("action").GetString(), Is.EqualTo("discount"));
            Assert.That(payload.GetProperty("discountPercent").GetDouble(), Is.EqualTo(15));
            Assert.That(payload.GetProperty("message").GetString(), Is.EqualTo("3 for 59.97 USD, 15% off"));
            Assert.That(payload.GetProperty("reasons").GetProperty("score").GetDouble(), Is.InRange(0, 1));
            Assert.That(payload.GetProperty("reasons").GetProperty("features").GetArrayLength(), Is.InRange(1, 3));
            Assert.That(payload.GetProperty("reasons").GetProperty("modelVersion").GetString(), Does.StartWith("purchase@"));
            Assert.That(second.Interventions.Single().GetProperty("payload").GetProperty("cartId").GetString(), Is.EqualTo("cart-2"));
        }
    }

    [Test]
    public async Task An_offer_without_a_stream_waits_for_its_shopper_across_a_page_load_and_a_restart()
    {
        using var scratch = new Scratch();
        var config = new EngineConfig
        {
            Campaigns = """[{ name: hurry, trigger: { event: add_to_cart }, steps: [{ action: { type: reminder }, channel: socket, message: "x", usefulFor: 1h }] }]""",
        };
        var engine = await RunningEngine.StartAsync(scratch, config);
        try
        {
            await PostAsync(engine, Added("e1", "loads", "session-1"), Added("e2", "restarts", "session-2"));
            await UntilAsync(engine, "scheduled", 2);
            await using (var page = await EventStream.WebSocketAsync(engine.Stream, EngineConfig.PublishableKey, EngineConfig.Origin))
            {
                await page.SendAsync(Seen("v1", "loads", "session-1"));
                await Eventually.Is(() => page.Interventions.Count == 1, "the offer arrives after the page load");
                await page.SendAsync(Seen("v2", "restarts", "somebody-else"));
                await Eventually.Is(() => page.Refused.Count == 1, "another session gets none");
            }

            await engine.StopAsync();
            await engine.DisposeAsync();
            engine = await RunningEngine.StartAsync(scratch, config);
            await using var back = await EventStream.WebSocketAsync(engine.Stream, EngineConfig.PublishableKey, EngineConfig.Origin);
            await back.SendAsync(Seen("v3", "restarts", "session-2"));
            await Eventually.Is(() => back.Interventions.Count == 1, "the offer arrives after the restart");
            Assert.That(back.Interventions[0].GetProperty("payload").GetProperty("cartId").GetString(), Is.EqualTo("restarts"));
            await UntilAsync(engine, "sent", 2);
        }
        finally
        {
            await engine.DisposeAsync();
        }
    }

    static async Task UntilAsync(RunningEngine engine, string state, int count)
    {
        var started = TimeProvider.System.GetTimestamp();
        while ((await engine.GetJsonAsync($"/v1/interventions?state={state}")).GetProperty("items").GetArrayLength() != count)
        {
            Assert.That(TimeProvider.System.GetElapsedTime(started), Is.LessThan(Eventually.Deadline), $"{count} are {state}");
            await Task.Delay(20);
        }
    }

    static string Seen(string id, string cart, string session) => string.Create(CultureInfo.InvariantCulture,
        $$"""{"id":"{{id}}","type":"page_view","cartId":"{{cart}}","sessionId":"{{session}}","ts":{{TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds()}}}""");

    static async Task PostAsync(RunningEngine engine, params string[] events)
    {
        using var body = new StringContent($"[{string.Join(',', events)}]");
        using var response = await engine.Http.PostAsync("/v1/events", body);
        Assert.That(response.IsSuccessStatusCode, Is.True);
    }

    [Test]
    public async Task A_webhook_is_signed_per_Standard_Webhooks()
    {
        await using var shop = await Receiver.StartAsync(204);
        using var scratch = new Scratch();
        await using var engine = await RunningEngine.StartAsync(scratch, new EngineConfig
        {
            Campaigns = """[{ name: tell, trigger: { event: add_to_cart }, action: { type: reminder }, channel: crm, message: "x" }]""",
            Sinks = $$"""{ crm: { type: webhook, url: "{{shop.Url}}", secret: "{{Secret}}", batchAge: 0ms } }""",
        });
        await using var stream = await EventStream.LinesAsync(engine.StreamEndPoint);

        await stream.SendAsync(Added("e1", "cart-1", "session-1"));
        await Eventually.Is(() => shop.Posts.Count > 0, "the webhook is called");
        await engine.StopAsync();

        var post = shop.Posts.Single();
        using var body = JsonDocument.Parse(post.Body);
        var data = body.RootElement.GetProperty("data");
        var sentAt = DateTimeOffset.FromUnixTimeSeconds(long.Parse(post.Headers["webhook-timestamp"], CultureInfo.InvariantCulture));
        using (Assert.EnterMultipleScope())
        {
            Assert.That(post.Headers["webhook-signature"], Is.EqualTo(post.ExpectedSignature(Secret)));
            Assert.That(sentAt, Is.EqualTo(TimeProvider.System.GetUtcNow()).Within(TimeSpan.FromMinutes(5)), "within a receiver's tolerance");
            Assert.That(body.RootElement.GetProperty("type").GetString(), Is.EqualTo("intervention.decided"));
            Assert.That(data.GetProperty("id").GetString(), Is.EqualTo(post.Id));
            Assert.That(data.GetProperty("cartId").GetString(), Is.EqualTo("cart-1"));
        }
    }

    static string Added(string id, string cart, string session)
    {
        var at = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();
        return $$"""{"id":"{{id}}","type":"add_to_cart","cartId":"{{cart}}","sessionId":"{{session}}","productId":"p1","quantity":3,"price":19.99,"ts":{{at}}}""";
    }
}
