using System.Net;
using CartRecovery.Engine.Configuration.Stores;
using CartRecovery.Engine.Events.Shoppers;
using CartRecovery.Tests.Hosting.Api;
using CartRecovery.Tests.Ingest;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Security;

/// <summary>A bot is told at every door, gets nothing, and has a line of its own in the figures.</summary>
public sealed class BotTests
{
    const string Googlebot = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
        Headless = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/131.0.0.0 Safari/537.36";

    InProcessEngine _engine = null!;

    [OneTimeSetUp]
    public async Task StartAsync() => _engine = await InProcessEngine.StartAsync(config =>
    {
        config.Stores[0].Bots = BotTreatment.Apart;
        config.Decisions.Campaigns.Add(InProcessEngine.Answering("add_to_cart"));
    });

    [OneTimeTearDown]
    public async Task StopAsync() => await _engine.DisposeAsync();

    [TestCase(InProcessEngine.Publishable, Googlebot, "", BotEvidence.Declared)]
    [TestCase(InProcessEngine.Publishable, Headless, "", BotEvidence.Automated)]
    [TestCase(InProcessEngine.Publishable, "Mozilla/5.0", "&webdriver=1", BotEvidence.Automated)]
    [TestCase(InProcessEngine.Publishable, "Mozilla/5.0", "&webdriver=0", BotEvidence.None)]
    [TestCase(InProcessEngine.Secret, Googlebot, "&webdriver=1", BotEvidence.None)]
    public async Task Every_door_tells_a_bot(string key, string agent, string query, BotEvidence expected)
    {
        List<string> carts = [];
        foreach (var via in (StreamTransport[])[StreamTransport.WebSocket, StreamTransport.HttpUpgrade, StreamTransport.Binary])
        {
            carts.Add(EventJson.NewCart());
            using var stream = await StreamClient.OpenAsync(_engine, via, key + query, headers: $"User-Agent: {agent}");
            await stream.SendAsync(EventJson.Of(carts[^1], session: "s"));
            await stream.UntilAckAsync(1);
        }

        carts.Add(EventJson.NewCart());
        var answer = await _engine.PostAsync($"/v1/events?key={key}{query}", EventJson.Of(carts[^1], session: "s"), key: null, ("User-Agent", agent));
        Assert.That(answer.Status, Is.EqualTo(HttpStatusCode.OK), answer.Body);

        foreach (var cart in carts)
        {
            Assert.That(await BotOfAsync(cart), Is.EqualTo(expected), cart);
        }
    }

    [Test]
    public async Task A_bot_gets_no_offer_and_is_a_line_of_its_own()
    {
        var before = await BotsAsync();
        var (bot, person) = (EventJson.NewCart(), EventJson.NewCart());
        foreach (var (cart, agent) in new[] { (bot, Googlebot), (person, "Mozilla/5.0") })
        {
            using var stream = await StreamClient.OpenAsync(_engine, StreamTransport.WebSocket, InProcessEngine.Publishable, headers: $"User-Agent: {agent}");
            await stream.SendAsync(EventJson.Of(cart, "add_to_cart", ""","productId":"p1","price":5""", session: cart));
            await stream.UntilAckAsync(1);
        }

        await Eventually.Is(() => WithheldAsBot() == 1, "the bot's intervention is withheld");
        Assert.That(await BotsAsync() - before, Is.EqualTo(1));
        var rows = (await _engine.GetAsync($"/v1/interventions?cartId={bot}")).Body;
        Assert.That(rows, Does.Contain("\"bot\""));
        Assert.That((await _engine.GetAsync($"/v1/interventions?cartId={person}")).Body, Does.Not.Contain("\"bot\""));
        var metrics = (await _engine.GetAsync("/metrics")).Body;
        Assert.That(metrics, Does.Match(@"cartrecovery_bot_carts_total\{evidence=""declared""\} [1-9]"));
        Assert.That(metrics, Does.Match(@"cartrecovery_bot_events_total\{evidence=""declared""\} [1-9]"));
    }

    long WithheldAsBot() => _engine.Host.JourneyEngine.Counters.WithheldFor(Engine.Journeys.Policy.WithheldReason.Bot);

    async Task<long> BotsAsync() => (await _engine.GetAsync("/v1/analytics/revenue?from=7d")).Json.GetProperty("bots").GetProperty("customers").GetInt64();

    async Task<BotEvidence> BotOfAsync(string cart) =>
        (await _engine.Host.Partitions.FindAsync(_engine.Host.Stores.Stores[0].Ids.CartOf(EventJson.Utf8(cart)), CancellationToken.None))!.Value.Bot;
}
