using System.Net;
using CartRecovery.Engine.Configuration;
using CartRecovery.Engine.Configuration.Values;
using CartRecovery.Engine.ControlPlane.Keys;
using CartRecovery.Tests.Hosting.Api;
using CartRecovery.Tests.Ingest;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Security;

/// <summary>Keys for this machine alone, behind a reverse proxy on this machine.</summary>
[TestFixture]
sealed class ProxyTests
{
    [TestCase("X-Forwarded-For", "203.0.113.7")]
    [TestCase("X-Forwarded-For", "127.0.0.1")]
    [TestCase("Forwarded", "for=203.0.113.7")]
    [TestCase("X-Real-IP", "203.0.113.7")]
    [TestCase("X-Forwarded-Host", "localhost")]
    [TestCase("Via", "1.1 vegur")]
    [TestCase("CF-Connecting-IP", "203.0.113.7")]
    [TestCase("Host", "shop.example")]
    public async Task A_proxy_that_is_not_trusted_opens_nothing(string name, string value)
    {
        await using var engine = await InProcessEngine.StartAsync();

        Assert.That((await engine.GetAsync("/v1/interventions")).Status, Is.EqualTo(HttpStatusCode.OK));
        Assert.That((await engine.GetAsync("/v1/interventions", InProcessEngine.Secret, (name, value))).Problem, Is.EqualTo((403, "loopback_only")));
    }

    [Test]
    public async Task A_proxy_that_says_nothing_is_known_by_its_protocol()
    {
        await using var engine = await InProcessEngine.StartAsync();
        using var nginx = await RawClient.ConnectAsync(engine.HttpPort);
        await nginx.SendAsync($"GET /v1/interventions HTTP/1.0\r\nHost: 127.0.0.1:{engine.HttpPort.Port}\r\nX-Api-Key: sk_demo\r\n\r\n");

        Assert.That(System.Text.Encoding.UTF8.GetString(await nginx.ReadToEndAsync()), Does.Contain(" 403 ").And.Contain("loopback_only"));
    }

    [TestCase("127.0.0.1", 200)]
    [TestCase("203.0.113.7", 403)]
    [TestCase("127.0.0.1, 203.0.113.7", 403)]
    [TestCase("nobody", 403)]
    public async Task A_trusted_proxys_client_is_what_it_says(string client, int status)
    {
        await using var engine = await InProcessEngine.StartAsync(Trust);

        Assert.That((int)(await engine.GetAsync("/v1/interventions", InProcessEngine.Secret, ("X-Forwarded-For", client))).Status, Is.EqualTo(status));
        Assert.That((int)(await engine.GetAsync("/v1/interventions", "sk_shop", ("X-Forwarded-For", client))).Status, Is.EqualTo(200), "a key without the restriction");
    }

    [TestCase("127.0.0.1", "HTTP/1.1 101 ")]
    [TestCase("203.0.113.7", "HTTP/1.1 403 ")]
    public async Task The_stream_port_sees_the_same_client(string client, string status)
    {
        await using var engine = await InProcessEngine.StartAsync(Trust);
        using var proxy = await RawClient.ConnectAsync(engine.Stream);
        await proxy.SendAsync(RawClient.Handshake(headers: $"X-Forwarded-For: {client}"));

        Assert.That(await proxy.ReadHeadAsync(), Does.StartWith(status));
    }

    [Test]
    public async Task Clients_of_a_proxy_have_a_limit_each([Values] bool isHttpPort)
    {
        await using var engine = await InProcessEngine.StartAsync(config =>
        {
            Trust(config);
            config.Listen.MaxConnectionsPerAddress = 2;
        });
        var port = isHttpPort ? engine.HttpPort : engine.Stream;
        Task<RawClient> OpenAsync(string client) => RawClient.OpenWebSocketAsync(port, "/v1/stream?key=sk_shop", headers: $"X-Forwarded-For: {client}");

        using var first = await OpenAsync("203.0.113.7");
        using (await OpenAsync("203.0.113.7"))
        {
            using var other = await OpenAsync("203.0.113.8");
            using var third = await RawClient.ConnectAsync(port);
            await third.SendAsync(RawClient.Handshake("/v1/stream?key=sk_shop", "X-Forwarded-For: 203.0.113.7"));
            Assert.That(await third.ReadHeadAsync(), Does.StartWith("HTTP/1.1 429 "));
        }

        await Eventually.Is(() => engine.Host.ConnectionLimiter.Streams == 1, "the others are closed");
        using var again = await OpenAsync("203.0.113.7");
    }

    [TestCase("PROXY TCP4 127.0.0.1 127.0.0.1 5 6\r\n", "\"ack\"")]
    [TestCase("PROXY UNKNOWN\r\n", "\"ack\"")]
    [TestCase("PROXY TCP4 203.0.113.7 127.0.0.1 5 6\r\n", "unknown_key")]
    [TestCase("", null)]
    [TestCase("PROXY TCP4 203.0.113.7\r\n", null)]
    public async Task A_TCP_proxy_says_who_the_client_is_and_must(string header, string? answer)
    {
        await using var engine = await InProcessEngine.StartAsync(config =>
        {
            Trust(config);
            config.Listen.ProxyProtocol = true;
        });
        using var proxy = await RawClient.ConnectAsync(engine.Stream);

        // The key works from this machine alone.
        await proxy.SendAsync($"{header}{{\"key\":\"{InProcessEngine.Secret}\"}}\n{EventJson.Of("proxied")}\n");
        Assert.That(await proxy.ReadLineAsync(), answer is null ? Is.Null : Does.Contain(answer));
        Assert.That((await engine.GetAsync("/metrics", key: null)).Body.Contains("{code=\"invalid_proxy_header\"} 1\n", StringComparison.Ordinal), Is.EqualTo(answer is null));
    }

    [Test]
    public async Task Clients_of_a_TCP_proxy_have_a_limit_each_and_others_cannot_claim_to_be_one()
    {
        await using var engine = await InProcessEngine.StartAsync(config =>
        {
            Trust(config);
            (config.Listen.ProxyProtocol, config.Listen.MaxConnectionsPerAddress) = (true, 1);
        });
        using var first = await OpenAsync("203.0.113.7");
        Assert.That(await first.ReadHeadAsync(), Does.StartWith("HTTP/1.1 101 "));
        using var other = await OpenAsync("203.0.113.8");
        Assert.That(await other.ReadHeadAsync(), Does.StartWith("HTTP/1.1 101 "));
        using var second = await OpenAsync("203.0.113.7");
        Assert.That(await second.ReadHeadAsync(), Does.StartWith("HTTP/1.1 429 "));

        await using var untrusted = await InProcessEngine.StartAsync(config => config.Listen.ProxyProtocol = true);
        using var client = await RawClient.ConnectAsync(untrusted.Stream);
        await client.SendAsync("PROXY TCP4 127.0.0.1 127.0.0.1 5 6\r\n{}\n");
        Assert.That(await client.ReadLineAsync(), Does.Contain("unsupported_encoding"));

        async Task<RawClient> OpenAsync(string address)
        {
            var proxy = await RawClient.ConnectAsync(engine.Stream);
            await proxy.SendAsync($"PROXY TCP4 {address} 127.0.0.1 5 6\r\n" + RawClient.Handshake("/v1/stream?key=sk_shop"));
            return proxy;
        }
    }

    [Test]
    public async Task Refusals_are_counted_by_code()
    {
        await using var engine = await InProcessEngine.StartAsync();
        await engine.GetAsync("/v1/interventions", key: null);
        await engine.GetAsync("/v1/interventions", "sk_wrong");
        await engine.GetAsync("/v1/interventions", InProcessEngine.Publishable);
        using var client = await RawClient.ConnectAsync(engine.Stream);
        await client.SendAsync(RawClient.Handshake("/v1/stream?key=sk_wrong"));
        await client.ReadHeadAsync();

        var metrics = (await engine.GetAsync("/metrics", key: null)).Body;
        using (Assert.EnterMultipleScope())
        {
            Assert.That(metrics, Does.Contain("cartrecovery_access_refused_total{code=\"missing_key\"} 1\n"));
            Assert.That(metrics, Does.Contain("cartrecovery_access_refused_total{code=\"unknown_key\"} 2\n"));
            Assert.That(metrics, Does.Contain("cartrecovery_access_refused_total{code=\"secret_key_required\"} 1\n"));
            Assert.That(metrics, Does.Contain("cartrecovery_access_refused_total{code=\"secret_key_in_browser\"} 0\n"));
        }
    }

    static void Trust(CartRecoveryConfig config)
    {
        config.Listen.TrustedProxies.Add(AddressRange.TryParse("127.0.0.0/8", out var range) ? range : throw new FormatException());
        config.Stores[0].Keys.Add(InProcessEngine.Key("sk_shop", KeyKind.Secret));
    }
}
