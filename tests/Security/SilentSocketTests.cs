using CartRecovery.Engine.Configuration.Values;
using CartRecovery.Engine.Ingest.Limits;
using CartRecovery.Tests.Hosting.Api;
using CartRecovery.Tests.Ingest;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Security;

/// <summary>Sockets that never send a key keep nobody out.</summary>
[TestFixture]
sealed class SilentSocketTests
{
    const int Limit = 16;

    static readonly string[] s_openings = ["", "G", "GET /v1/str", "{\"key\":", "\u0000\u0000\u0000\u0020", "GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n"];

    [Test]
    public async Task Whoever_sends_a_key_is_admitted_during_a_flood_of_silent_sockets([Values] StreamTransport via)
    {
        await using var engine = await InProcessEngine.StartAsync(config =>
        {
            (config.Listen.MaxConnections, config.Listen.MaxUnauthenticated) = (32, Limit);
            config.Listen.HandshakeTimeout = Duration.FromMinutes(5);
        });
        var silent = new List<RawClient>();
        using var early = await StreamClient.OpenAsync(engine, via);
        for (var i = 0; i < 20 * Limit; i++)
        {
            var socket = await RawClient.ConnectAsync(i % 2 == 0 ? engine.Stream : engine.HttpPort);
            silent.Add(socket);
            try
            {
                await socket.SendAsync(s_openings[i % s_openings.Length]);
            }
            catch (System.Net.Sockets.SocketException)
            {
                // It has made room already.
            }
        }

        using var client = await StreamClient.OpenAsync(engine, via);
        await client.SendAsync(EventJson.Of("c"));
        await client.UntilAckAsync(1);
        await early.SendAsync(EventJson.Of("c"));
        await early.UntilAckAsync(1);
        Assert.That((await engine.PostAsync("/v1/events", EventJson.Of("c"))).Taken, Is.EqualTo((1, 0, "")));
        var limiter = engine.Host.ConnectionLimiter;
        Assert.That(limiter.Pending.Count, Is.LessThanOrEqualTo(Limit));
        Assert.That(limiter.Sockets, Is.LessThanOrEqualTo(Limit + 8));
        Assert.That(await engine.Http.GetStringAsync("/metrics"), Does.Match("cartrecovery_connections_refused_total\\{reason=\"too_many_unauthenticated\"\\} [1-9]"));
        silent.ForEach(socket => socket.Dispose());
    }

    [Test]
    public async Task A_signed_in_users_connection_is_none_of_the_unauthenticated()
    {
        await using var engine = await InProcessEngine.StartAsync();
        using var users = new TestUsers(engine);
        var (name, value) = await users.NewAsync(new CartRecovery.Engine.ControlPlane.Users.Grant("admin", null));
        using var client = new HttpClient { BaseAddress = engine.Http.BaseAddress };
        var pending = engine.Host.ConnectionLimiter.Pending;

        // The connection that made the user.
        await engine.GetAsync("/v1/carts");
        await Eventually.Is(() => pending.Count == 0, "every connection has shown a key");
        using (await client.GetAsync("/health"))
        {
            Assert.That(pending.Count, Is.EqualTo(1));
        }

        using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/members");
        request.Headers.TryAddWithoutValidation(name, value);
        using var answer = await client.SendAsync(request);
        Assert.That(answer.StatusCode, Is.EqualTo(System.Net.HttpStatusCode.OK));
        Assert.That(pending.Count, Is.Zero);
    }

    [Test]
    public async Task A_long_first_message_without_a_key_is_not_kept()
    {
        await using var engine = await InProcessEngine.StartAsync(config => config.Listen.TcpKey = null);
        using var lines = await RawClient.ConnectAsync(engine.Stream);
        await lines.SendAsync("{\"key\":\"" + new string('x', 5000));
        Assert.That(ReceivedMessage.Read((await lines.ReadLineAsync())!).Code, Is.EqualTo("unknown_key"));

        using var messages = await RawClient.ConnectAsync(engine.Stream);
        await messages.SendAsync((byte[])[0, 1, 0, 0, 0x81]);
        Assert.That(await messages.ReadMessageAsync(), Is.Not.Null);
    }
}

/// <summary>The oldest connection without a key goes first.</summary>
public sealed class UnauthenticatedConnectionsTests
{
    readonly List<string> _closed = [];

    [TearDown]
    public void Forget() => _closed.Clear();

    [Test]
    public void The_oldest_makes_room_in_total()
    {
        var all = new UnauthenticatedConnections(capacity: 2, perAddress: 0);
        var a = Enter(all, "a", "192.0.2.1");
        Enter(all, "b", "192.0.2.2");
        Enter(all, "c", "192.0.2.3");
        Assert.That(_closed, Is.EqualTo(new[] { "a" }));
        Assert.That((all.Count, all.Evicted), Is.EqualTo((2, 1)));
        a.Leave();
        Assert.That(all.Count, Is.EqualTo(2), "leaving twice counts once");
    }

    [Test]
    public void The_oldest_of_an_address_makes_room_for_its_own()
    {
        var all = new UnauthenticatedConnections(capacity: 10, perAddress: 2);
        Enter(all, "other", "192.0.2.9");
        Enter(all, "a", "192.0.2.1");
        Enter(all, "b", "192.0.2.1");
        Enter(all, "c", "192.0.2.1");

        Assert.That(_closed, Is.EqualTo(new[] { "a" }));
        Assert.That(all.Count, Is.EqualTo(3));
    }

    [Test]
    public void An_authenticated_one_is_not_counted_and_a_request_renews_one()
    {
        var all = new UnauthenticatedConnections(capacity: 3, perAddress: 0);
        Enter(all, "in", "192.0.2.1").Leave();
        var busy = Enter(all, "busy", "192.0.2.2");
        var asked = Enter(all, "asked", "192.0.2.3");
        Enter(all, "c", "192.0.2.4");
        busy.BeginRequest();
        asked.BeginRequest();
        asked.EndRequest();
        Enter(all, "d", "192.0.2.5");
        Enter(all, "e", "192.0.2.6");

        Assert.That(_closed, Is.EqualTo(new[] { "c", "asked" }), "what the engine works on is spared");
    }

    [Test]
    public void Addresses_are_forgotten()
    {
        var all = new UnauthenticatedConnections(capacity: 5, perAddress: 1);
        for (var i = 0; i < 1000; i++)
        {
            Enter(all, $"{i}", $"2001:db8:{i:x}::1");
        }

        Assert.That((all.Count, all.Evicted), Is.EqualTo((5, 995)));
    }

    UnauthenticatedConnection Enter(UnauthenticatedConnections all, string name, string address)
    {
        var connection = new UnauthenticatedConnection(System.Net.IPAddress.Parse(address), socket: null, () => _closed.Add(name));
        all.Enter(connection);
        return connection;
    }
}
