using System.Net;
using CartRecovery.Engine.Events;
using CartRecovery.Engine.Ingest.Access;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Ingest.Streams;

/// <summary>The stream port's own work: protocol detection, the handshake on lines, and HTTP heads.</summary>
[TestFixture]
sealed class StreamPortTests : StreamPortFixture
{
    [Test]
    public async Task A_line_may_be_an_event_an_array_or_empty_with_LF_or_CRLF()
    {
        var cart = EventJson.NewCart();
        var heard = await TalkAsync(Engine, $"{EventJson.Of(cart)}\r\n\n\r\n  \n{EventJson.Array(EventJson.Many(cart, 3))}\n\t{EventJson.Of(cart)} \r\n");

        Assert.That(heard.Select(s => s.Type).Distinct(), Is.EqualTo(new[] { "ack" }));
        Assert.That(heard[^1].UpTo, Is.EqualTo(5));
        Assert.That(await Engine.EventsOfAsync(cart), Is.EqualTo(5));
    }

    [Test]
    public async Task The_last_line_needs_no_newline()
    {
        var cart = EventJson.NewCart();
        var heard = await TalkAsync(Engine, $"{EventJson.Of(cart)}\n{EventJson.Of(cart)}");

        Assert.That(heard[^1].UpTo, Is.EqualTo(2));
        Assert.That(await Engine.EventsOfAsync(cart), Is.EqualTo(2));
    }

    [Test]
    public async Task An_only_line_needs_no_newline()
    {
        var cart = EventJson.NewCart();

        Assert.That((await TalkAsync(Engine, EventJson.Of(cart)))[^1].UpTo, Is.EqualTo(1));
    }

    [Test]
    public async Task A_line_over_the_limit_causes_one_error_and_the_next_is_accepted([Values(1, 3)] int times)
    {
        var cart = EventJson.NewCart();
        var line = new string('x', (512 * 1024 * times) + 1);
        var heard = await TalkAsync(Engine, $"{EventJson.Of(cart)}\n{line}\n{EventJson.Of(cart)}\n{line}");

        Assert.That(heard.Where(s => s.Type == "error").Select(s => (s.Index, s.Code)),
            Is.EqualTo(new[] { (1L, "message_too_large"), (3L, "message_too_large") }));
        Assert.That(heard[^1].UpTo, Is.EqualTo(4));
        Assert.That(await Engine.EventsOfAsync(cart), Is.EqualTo(2));
    }

    [TestCase("{\"key\":\"sk_demo\"}\n")]
    [TestCase("  {\"name\":\"till 4\", \"more\":[{\"key\":\"x\"}], \"key\":\"sk\\u005fdemo\"}\r\n")]
    [TestCase("")]
    public async Task A_handshake_names_the_key_and_is_not_an_event(string greeting)
    {
        var cart = EventJson.NewCart();
        var heard = await TalkAsync(Engine, $"{greeting}{EventJson.Of(cart)}\n");

        Assert.That(heard[^1].UpTo, Is.EqualTo(1));
        Assert.That(await Engine.EventsOfAsync(cart), Is.EqualTo(1));
    }

    [Test]
    public async Task The_first_line_may_arrive_in_any_number_of_parts()
    {
        using var client = await RawClient.ConnectAsync(Keyless.Stream);
        var cart = EventJson.NewCart();
        foreach (var b in EventJson.Utf8($"\n {{\"key\":\"sk_demo\"}}\n{EventJson.Of(cart)}\n"))
        {
            await client.SendAsync(new[] { b });
        }

        Assert.That(await client.ReadLineAsync(), Is.EqualTo("""{"type":"ack","upTo":1}"""));
    }

    [Test]
    public async Task A_wrong_key_is_rejected_and_counted()
    {
        var before = Engine.Host.Counters.RejectedFor(EventErrorCode.UnknownKey);
        var heard = await TalkAsync(Engine, $"{{\"key\":\"sk_other\"}}\n{EventJson.Of("c")}\n");

        Assert.That(heard.Select(s => (s.Type, s.Code)), Is.EqualTo(new[] { ("error", "unknown_key") }));
        Assert.That(Engine.Host.Counters.RejectedFor(EventErrorCode.UnknownKey), Is.EqualTo(before + 1));
        Assert.That((Engine.Counts.Received, Engine.Host.Connections.Count), Is.EqualTo((Engine.Counts.Processed + Engine.Counts.Rejected, 0)));
    }

    [Test]
    public async Task Without_a_tcpKey_a_stream_requires_a_handshake()
    {
        var refused = await TalkAsync(Keyless, $"{EventJson.Of("c")}\n");
        var greeted = await TalkAsync(Keyless, $"{{\"key\":\"sk_demo\"}}\n{EventJson.Of("c")}\n");

        Assert.That(refused.Select(s => (s.Type, s.Code)), Is.EqualTo(new[] { ("error", "unknown_key") }));
        Assert.That(greeted[^1].UpTo, Is.EqualTo(1));
    }

    [TestCase("hello\n")]
    [TestCase("POST /v1/events HTTP/1.1\r\n\r\n")]
    [TestCase("\u0016\u0003\u0001")]
    public async Task An_unknown_protocol_is_reported(string text)
    {
        var before = Engine.Counts;
        var heard = await TalkAsync(Engine, text);

        Assert.That(heard.Select(s => (s.Type, s.Index, s.Code)), Is.EqualTo(new[] { ("error", 0L, "unsupported_encoding") }));
        Assert.That(Engine.Counts - before, Is.EqualTo(new Counts(1, 0, 1)));
    }

    [TestCase("GARBAGE\r\n\r\n")]
    [TestCase("GET /v1/stream HTTP/1.0\r\n\r\n")]
    [TestCase("GET /v1/stream\r\n\r\n")]
    [TestCase("GET /v1/stream HTTP/1.1\r\nno colon\r\n\r\n")]
    [TestCase("GET /v1/stream HTTP/1.1\r\nHost : test\r\n\r\n")]
    [TestCase("GET /v1/stream HTTP/1.1\r\nHost: test\r\n folded: yes\r\n\r\n")]
    [TestCase("GET /v1/stream HTTP/1.1\r\nUpgrade: websocket\r\n\r\n")]
    [TestCase("GET /v1/stream HTTP/1.1\r\nHost: test\r\nContent-Length: 2\r\n\r\n{}")]
    [TestCase("GET /v1/stream HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")]
    public async Task An_invalid_HTTP_head_is_a_bad_handshake(string head)
    {
        using var client = await RawClient.ConnectAsync(Engine.Stream);
        await client.SendAsync(head);

        Assert.That(await client.ReadHeadAsync(), Does.StartWith("HTTP/1.1 400 Bad Request\r\nContent-Type: application/problem+json\r\n"));
        Assert.That(System.Text.Encoding.UTF8.GetString(await client.ReadToEndAsync()), Does.Contain("\"code\":\"bad_handshake\""));
    }

    [TestCase("http://shop.example/v1/stream?key=sk_demo")]
    [TestCase("ws://127.0.0.1:8081/v1/stream?key=sk_demo")]
    public async Task A_request_target_may_be_absolute(string target)
    {
        using var client = await RawClient.OpenWebSocketAsync(Engine.Stream, target);
        await client.SendAsync(Conformance.WebSocket.ClientFrame.Text(EventJson.Of("c")));

        Assert.That((await client.ReadFrameAsync())!.Text, Is.EqualTo("""{"type":"ack","upTo":1}"""));
    }

    [Test]
    public async Task A_head_over_eight_kilobytes_is_rejected()
    {
        var most = RawClient.Handshake(headers: "X-Long: ");
        var pad = new string('x', (8 * 1024) - most.Length);
        using var fits = await RawClient.OpenWebSocketAsync(Engine.Stream, headers: $"X-Long: {pad}");
        using var longer = await RawClient.ConnectAsync(Engine.Stream);
        await longer.SendAsync(RawClient.Handshake(headers: $"X-Long: {pad}x"));

        Assert.That(await longer.ReadHeadAsync(), Does.StartWith("HTTP/1.1 400 "));
    }

    [Test]
    public void A_loopback_key_is_valid_only_from_loopback()
    {
        var stores = Engine.Host.Stores;
        var near = new[] { IPAddress.Loopback, IPAddress.IPv6Loopback, IPAddress.Parse("127.8.8.8"), IPAddress.Parse("::ffff:127.0.0.1") };
        var far = new[] { IPAddress.Parse("192.0.2.7"), IPAddress.Parse("::ffff:192.0.2.7"), IPAddress.Parse("2001:db8::1") };

        Assert.That(near.Select(remote => Authenticator.Authenticate(stores, "sk_demo", new AuthenticationContext(remote), out _)), Has.All.Null);
        Assert.That(far.Select(remote => Authenticator.Authenticate(stores, "sk_demo", new AuthenticationContext(remote), out _)?.Code), Has.All.EqualTo("loopback_only"));
    }

    [Test]
    public async Task A_publishable_key_is_valid_on_lines()
    {
        var cart = EventJson.NewCart();
        var heard = await TalkAsync(Engine, $"{{\"key\":\"pk_demo\"}}\n{EventJson.Of(cart)}\n");

        Assert.That(heard[^1].UpTo, Is.EqualTo(1));
    }

    /// <summary>Sends everything, half-closes, and reads to the end.</summary>
    static async Task<List<ReceivedMessage>> TalkAsync(InProcessEngine engine, string text)
    {
        using var client = await RawClient.ConnectAsync(engine.Stream);
        await client.SendAsync(text);
        client.HalfClose();
        var heard = new List<ReceivedMessage>();
        while (await client.ReadLineAsync() is { } line)
        {
            heard.Add(ReceivedMessage.Read(line));
        }

        Assert.That(client.WasReset, Is.False);
        return heard;
    }
}
