using System.Text;
using CartRecovery.Tests.Ingest;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.EndToEnd;

/// <summary>Rejected clients receive the reason, and other clients are not affected.</summary>
[TestFixture]
[Category("EndToEnd")]
[Parallelizable]
public sealed class RefusedClientTests
{
    const int MaxConnections = 3;

    Scratch _scratch = null!;
    RunningEngine _engine = null!;

    [OneTimeSetUp]
    public async Task Start()
    {
        _scratch = new Scratch();
        _engine = await RunningEngine.StartAsync(_scratch, new EngineConfig { MaxConnections = MaxConnections });
    }

    [OneTimeTearDown]
    public async Task Stop()
    {
        await using (_engine)
        {
            await _engine.StopAsync();
        }

        _scratch.Dispose();
    }

    [TestCase("sk_nobody", null, 401, "unknown_key")]
    [TestCase("", null, 401, "missing_key")]
    [TestCase(EngineConfig.PublishableKey, "http://evil.example", 403, "forbidden_origin")]
    public async Task A_key_without_permission_opens_no_WebSocket(string key, string? origin, int status, string code)
    {
        using var client = await ConnectAsync();
        await client.SendAsync(Handshake(key, origin));

        var answer = await client.ReadTextAsync();

        Assert.That(answer, Does.StartWith($"HTTP/1.1 {status} ").And.Contain($"\"code\":\"{code}\""));
    }

    [Test]
    public async Task An_unknown_key_opens_no_TCP_stream()
    {
        using var client = await ConnectAsync();
        await client.SendAsync("{\"key\":\"sk_nobody\"}\n");

        Assert.That(await client.ReadTextAsync(), Does.StartWith("""{"type":"error","index":0,"code":"unknown_key","""));
    }

    [Test]
    public async Task An_unknown_protocol_is_rejected()
    {
        using var client = await ConnectAsync();
        await client.SendAsync("\u0016\u0003\u0001\u0002");

        Assert.That(await client.ReadTextAsync(), Does.StartWith("""{"type":"error","index":0,"code":"unsupported_encoding","""));
    }

    [TestCase(0x81, 0x02, "a client's frame must be masked")]
    [TestCase(0xc1, 0x82, "reserved bits are set")]
    [TestCase(0x83, 0x82, "the opcode is reserved")]
    public async Task An_invalid_frame_closes_the_connection_and_keeps_earlier_events(int first, int second, string reason)
    {
        var before = (await _engine.MetricsAsync()).Processed;
        using var client = await ConnectAsync();
        await client.SendAsync(Handshake(EngineConfig.SecretKey));
        await client.SendAsync((byte[])[.. Frame(Event()), (byte)first, (byte)second, 0, 0, 0, 0, 0x7b, 0x7d]);

        var answer = await client.ReadTextAsync();

        Assert.That(answer, Does.Contain("""{"type":"ack","upTo":1}"""));
        Assert.That(answer, Does.EndWith($"\u0088{(char)(reason.Length + 2)}\u0003\u00ea{reason}"), "a close frame with code 1002");
        Assert.That((await _engine.MetricsAsync()).Processed, Is.EqualTo(before + 1));
    }

    [Test]
    public async Task A_connection_cut_within_a_frame_loses_only_that_frame()
    {
        var before = await _engine.MetricsAsync();
        using (var client = await ConnectAsync())
        {
            await client.SendAsync(Handshake(EngineConfig.SecretKey));
            var last = Frame(Event());
            await client.SendAsync((byte[])[.. Frame(Event()), .. Frame(Event()), .. last[..(last.Length / 2)]]);
            await client.ReadTextAsync("\"upTo\":2}");
        }

        await using var other = await EventStream.LinesAsync(_engine.StreamEndPoint);
        await other.SendAsync(Event());
        await other.AckedAsync(1);

        var after = await _engine.MetricsAsync();
        Assert.That(after.Processed - before.Processed, Is.EqualTo(3));
        Assert.That(after.Received - before.Received, Is.EqualTo(3));
        Assert.That(after.Rejected - before.Rejected, Is.Zero);
    }

    [Test]
    public async Task A_stream_over_the_limit_receives_the_reason_and_the_engine_continues()
    {
        var streams = new List<EventStream>();
        try
        {
            await Eventually.Is(() => _engine.MetricsAsync().Result.Sum("cartrecovery_connections") == 0, "the other tests' streams are closed");
            for (var i = 0; i < MaxConnections; i++)
            {
                streams.Add(await EventStream.LinesAsync(_engine.StreamEndPoint));
                await streams[i].SendAsync(Event());
                await streams[i].AckedAsync(1);
            }

            using var webSocket = await ConnectAsync();
            await webSocket.SendAsync(Handshake(EngineConfig.SecretKey));
            Assert.That(await webSocket.ReadTextAsync(), Does.StartWith("HTTP/1.1 503 ").And.Contain("\"code\":\"too_many_connections\""));
            using var lines = await ConnectAsync();
            await lines.SendAsync(Event() + "\n");
            Assert.That(await lines.ReadTextAsync(), Does.StartWith("""{"type":"error","index":0,"code":"overloaded","""));
            Assert.That((await _engine.GetJsonAsync("/health")).GetProperty("status").GetString(), Is.EqualTo("ok"));
        }
        finally
        {
            foreach (var stream in streams)
            {
                await stream.DisposeAsync();
            }
        }
    }

    Task<RawClient> ConnectAsync() => RawClient.ConnectAsync(_engine.StreamEndPoint);

    static string Event() =>
        $$"""{"id":"{{Guid.NewGuid():N}}","type":"view_item","cartId":"cart","ts":{{TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds()}}}""";

    static string Handshake(string key, string? origin = null) =>
        $"GET /v1/stream?key={key} HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        + $"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n{(origin is null ? "" : $"Origin: {origin}\r\n")}\r\n";

    // A text frame with a zero mask, which leaves the payload unchanged.
    static byte[] Frame(string text) => [0x81, (byte)(0x80 | text.Length), 0, 0, 0, 0, .. Encoding.ASCII.GetBytes(text)];
}
