using System.Globalization;
using System.Net;
using CartRecovery.Engine.Configuration.Stores;
using CartRecovery.Engine.ControlPlane.Keys;
using CartRecovery.Tests.Ingest;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Hosting.Api;

/// <summary>Quotas: who has used up a day's events is told so, over HTTP and on streams, and nobody else is.</summary>
[TestFixture]
sealed class UsageApiTests
{
    const string Limited = "sk_limited", Free = "sk_free";

    InProcessEngine _engine = null!;

    [SetUp]
    public async Task StartAsync() => _engine = await InProcessEngine.StartAsync(config => config.Stores.Add(new StoreConfig
    {
        Id = "limited",
        EventsPerDay = 1000,
        Keys = [new StoreKeyConfig { Key = Limited, Kind = KeyKind.Secret, EventsPerDay = 10 }, InProcessEngine.Key(Free, KeyKind.Secret)],
    }));

    [TearDown]
    public async Task StopAsync() => await _engine.DisposeAsync();

    [Test]
    public async Task Over_HTTP_the_answer_is_429_until_the_day_ends()
    {
        Assert.That((await _engine.PostAsync("/v1/events", EventJson.Array(EventJson.Many("c1", 9)), Limited)).Status, Is.EqualTo(HttpStatusCode.OK));
        Assert.That((await _engine.PostAsync("/v1/events", EventJson.Array(EventJson.Many("c1", 3)), Limited)).Status, Is.EqualTo(HttpStatusCode.OK), "a request is taken as a whole");
        var refused = await _engine.PostAsync("/v1/events", EventJson.Of("c1"), Limited);
        Assert.That(refused.Problem, Is.EqualTo((429, "quota_exceeded")));
        Assert.That(int.Parse(refused.Headers["Retry-After"], CultureInfo.InvariantCulture), Is.InRange(1, 86_400));
        var other = await _engine.PostAsync("/v1/cart", """{"cartId":"c1","productId":"p1","price":20}""", Limited);
        Assert.That((other.Problem, other.Headers.ContainsKey("Retry-After")), Is.EqualTo(((429, (string?)"quota_exceeded"), true)), "nor by another route");
        Assert.That((await _engine.PostAsync("/v1/events", EventJson.Of("c1"), Free)).Status, Is.EqualTo(HttpStatusCode.OK), "another key");
        Assert.That((await _engine.GetAsync("/v1/carts", Limited)).Status, Is.EqualTo(HttpStatusCode.OK), "reading goes on");

        var items = (await _engine.GetAsync("/v1/usage", Limited)).Json.GetProperty("items").EnumerateArray().ToArray();
        Assert.That(items.Select(item => (item.GetProperty("keyId").ValueKind == System.Text.Json.JsonValueKind.Null, item.GetProperty("count").GetInt64(), item.GetProperty("quota").ToString())),
            Is.EquivalentTo(new[] { (true, 13L, "1000"), (false, 12L, "10"), (false, 1L, "") }));
        Assert.That((await _engine.GetAsync("/v1/usage?by=month")).Json.GetProperty("items").GetArrayLength(), Is.Zero, "another store's");
        var health = (await _engine.GetAsync("/health", key: null)).Json;
        _engine.Host.Usage.Refresh();
        Assert.That(health.GetProperty("parts").GetProperty("quotas").GetProperty("detail").GetString(), Does.Match("^store limited, key file-[0-9a-f]{8}: 12 of 10 events of "));
        Assert.That(await _engine.Http.GetStringAsync("/metrics"), Does.Contain("cartrecovery_quota_used_ratio{store=\"limited\",quota=\"events\"} 0.013"));
    }

    [TestCase(StreamTransport.Tcp)]
    [TestCase(StreamTransport.WebSocket)]
    [TestCase(StreamTransport.HttpUpgrade)]
    public async Task On_a_stream_an_error_frame_says_so_before_it_is_closed(StreamTransport via)
    {
        using (var stream = await StreamClient.OpenAsync(_engine, via, Limited))
        {
            await stream.SendAsync(EventJson.Array(EventJson.Many("c1", 12)));
            var heard = new List<ReceivedMessage>();
            while (await stream.NextAsync() is { } said)
            {
                heard.Add(said);
            }

            Assert.That(heard.Select(said => said.Code).Where(code => !string.IsNullOrEmpty(code)), Is.EqualTo(new[] { "quota_exceeded" }));
            Assert.That(heard.Any(said => said is { Type: "ack", UpTo: 12 }), "what was taken before is acknowledged");
        }

        if (via == StreamTransport.Tcp)
        {
            using var again = await StreamClient.OpenAsync(_engine, via, Limited);
            Assert.That((await again.NextAsync())!.Code, Is.EqualTo("quota_exceeded"));
        }
        else
        {
            using var again = await RawClient.ConnectAsync(via == StreamTransport.HttpUpgrade ? _engine.HttpPort : _engine.Stream);
            await again.SendAsync(RawClient.Handshake($"/v1/stream?key={Limited}"));
            Assert.That(await again.ReadHeadAsync(), Does.StartWith("HTTP/1.1 429"));
        }
    }
}
