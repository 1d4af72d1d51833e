using System.Text.Json;
using CartRecovery.Engine.Configuration.Values;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Ingest.Connections.Output;

/// <summary>Interventions arrive only on the right shopper's stream.</summary>
[TestFixture(StreamTransport.Tcp)]
[TestFixture(StreamTransport.WebSocket)]
[TestFixture(StreamTransport.HttpUpgrade)]
[TestFixture(StreamTransport.MessagePack)]
[TestFixture(StreamTransport.Binary)]
sealed class AnswersTests(StreamTransport via) : EngineFixture(config =>
{
    config.Decisions.Campaigns.Add(InProcessEngine.Answering("begin_checkout", "hello {{cart_id}}"));
    config.Decisions.Window = Duration.FromMilliseconds(0);
})
{
    [Test]
    public async Task An_intervention_carries_its_campaign_and_reasons()
    {
        using var client = await StreamClient.OpenAsync(Engine, via, InProcessEngine.Publishable);
        var cart = EventJson.NewCart();
        await client.SendAsync(
            EventJson.Of(cart, "add_to_cart", ",\"productId\":\"p\",\"price\":25,\"quantity\":2", session: cart), EventJson.Of(cart, "begin_checkout", session: cart));
        var heard = await client.UntilAnsweredAsync(2);

        using var json = JsonDocument.Parse(heard.Single(s => s.Type == "intervention").Json);
        var payload = json.RootElement.GetProperty("payload");
        Assert.That(json.RootElement.GetProperty("messageId").GetString(), Does.StartWith("iv_").And.EqualTo(payload.GetProperty("id").GetString()));
        Assert.That(payload.GetProperty("message").GetString(), Is.EqualTo($"hello {cart}"));
        Assert.That((payload.GetProperty("storeId").GetString(), payload.GetProperty("sessionId").GetString()), Is.EqualTo(("demo", cart)));
        Assert.That(payload.GetProperty("cart").GetProperty("value").GetDecimal(), Is.EqualTo(50));
        Assert.That(payload.GetProperty("reasons").GetProperty("modelVersion").GetString(), Is.EqualTo(Engine.Host.Model.Id));
    }

    [Test]
    public async Task Each_shopper_receives_only_their_own()
    {
        using var one = await StreamClient.OpenAsync(Engine, via, InProcessEngine.Publishable);
        using var other = await StreamClient.OpenAsync(Engine, via, InProcessEngine.Publishable);
        var (cart, otherCart) = (EventJson.NewCart(), EventJson.NewCart());
        await one.SendAsync(EventJson.Of(cart, "begin_checkout", session: cart));
        await other.SendAsync(EventJson.Of(otherCart, "begin_checkout", session: otherCart));

        Assert.That(Messages(await one.UntilAnsweredAsync(1)), Is.EqualTo(new[] { $"hello {cart}" }));
        Assert.That(Messages(await other.UntilAnsweredAsync(1)), Is.EqualTo(new[] { $"hello {otherCart}" }));
    }

    [Test]
    public async Task Naming_another_shoppers_cart_does_not_yield_its_offers()
    {
        using var owner = await StreamClient.OpenAsync(Engine, via, InProcessEngine.Publishable);
        using var thief = await StreamClient.OpenAsync(Engine, via, InProcessEngine.Publishable);
        var cart = EventJson.NewCart();
        await owner.SendAsync(EventJson.Of(cart, session: cart));
        await owner.UntilAckAsync(1);
        await thief.SendAsync(EventJson.Of(cart, "begin_checkout", session: "thief"), EventJson.Of(cart, "begin_checkout"));
        await Engine.Host.Journeys.CatchUpAsync();
        var stolen = await thief.UntilAckAsync(2);
        await owner.SendAsync(EventJson.Of(cart, "begin_checkout", session: cart));
        var got = await owner.UntilAnsweredAsync(2);

        Assert.That(Messages(stolen), Is.Empty);
        Assert.That(stolen.Where(message => message.Type == "error").Select(error => (error.Index, error.Code)),
            Is.EqualTo(new[] { (0L, "foreign_cart"), (1L, "foreign_cart") }));
        Assert.That(Messages(got), Is.EqualTo(new[] { $"hello {cart}" }));
    }

    [Test]
    public async Task A_returning_shopper_is_answered_on_the_new_stream()
    {
        var cart = EventJson.NewCart();
        using (var before = await StreamClient.OpenAsync(Engine, via, InProcessEngine.Publishable))
        {
            await before.SendAsync(EventJson.Of(cart, session: cart));
            await before.UntilAckAsync(1);
            await before.CloseAsync();
        }

        using var now = await StreamClient.OpenAsync(Engine, via, InProcessEngine.Publishable);
        await now.SendAsync(EventJson.Of(cart, "begin_checkout", session: cart));

        Assert.That(Messages(await now.UntilAnsweredAsync(1)), Is.EqualTo(new[] { $"hello {cart}" }));
    }

    [Test]
    public async Task A_server_is_answered_for_every_cart_it_names()
    {
        using var shopper = await StreamClient.OpenAsync(Engine, via, InProcessEngine.Publishable);
        using var server = await StreamClient.OpenAsync(Engine, via);
        var cart = EventJson.NewCart();
        await shopper.SendAsync(EventJson.Of(cart, session: cart));
        await shopper.UntilAckAsync(1);
        await server.SendAsync(EventJson.Of(cart, "begin_checkout"));

        Assert.That(Messages(await server.UntilAnsweredAsync(1)), Is.EqualTo(new[] { $"hello {cart}" }));
    }

    static string[] Messages(IEnumerable<ReceivedMessage> heard) => [.. heard.Where(s => s.Type == "intervention").Select(s =>
    {
        using var json = JsonDocument.Parse(s.Json);
        return json.RootElement.GetProperty("payload").GetProperty("message").GetString()!;
    })];
}
