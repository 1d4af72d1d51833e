using System.Net;
using System.Net.WebSockets;
using System.Text;
using CartRecovery.Bench.Echo;
using CartRecovery.Tests.Ingest;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Conformance.WebSocket;

/// <summary>Sections 9, 12 and 13 over real sockets, against the server used by external suites.</summary>
[TestFixture]
sealed class EchoTests
{
    EchoServer _server = null!;

    [OneTimeSetUp]
    public async Task StartAsync() => _server = await EchoServer.StartAsync(0);

    [OneTimeTearDown]
    public async Task StopAsync() => await _server.DisposeAsync();

    [Test]
    public async Task Large_messages_are_echoed_unchanged([Values(1 << 16, 1 << 20, 4 << 20, 16 << 20)] int size, [Values(1, 2)] int opcode)
    {
        var payload = PayloadOf(size);
        using var client = await OpenAsync();
        var sending = client.SendAsync(ClientFrame.Of(opcode, payload));
        var echoed = await client.ReadFrameAsync();
        await sending;

        Assert.That(echoed!.Opcode, Is.EqualTo(opcode));
        Assert.That(echoed.Payload.AsSpan().SequenceEqual(payload), Is.True);
    }

    [Test]
    public async Task A_large_message_may_be_split_into_fragments_and_small_writes([Values(64, 1024, 65_536, 1 << 20)] int fragment, [Values(1, 2)] int opcode)
    {
        var payload = PayloadOf(1 << 20);
        using var client = await OpenAsync();
        var parts = payload.Chunk(fragment).ToArray();
        var bytes = ClientFrame.Join(parts.Select((part, i) => ClientFrame.Of(i == 0 ? opcode : 0, part, fin: i == parts.Length - 1)));
        var sending = client.SendAllAsync(bytes, _ => { }, CancellationToken.None);
        var echoed = await client.ReadFrameAsync();
        await sending;

        Assert.That(echoed!.Payload.AsSpan().SequenceEqual(payload), Is.True);
    }

    [Test]
    public async Task A_message_over_the_limit_closes_with_1009()
    {
        using var client = await OpenAsync();
        await client.SendAsync(ClientFrame.Of(ClientFrame.BinaryOpcode, [], length: (16 << 20) + 1));

        Assert.That((await client.ReadFrameAsync())!.CloseCode, Is.EqualTo(1009));
    }

    [Test]
    public async Task Ten_thousand_messages_are_echoed([Values(0, 16, 1024)] int size)
    {
        const int count = 10_000;
        using var client = await OpenAsync();
        var payload = PayloadOf(size);
        var sending = client.SendAllAsync(ClientFrame.Join(Enumerable.Repeat(ClientFrame.Text(payload), count)), _ => { }, CancellationToken.None);
        for (var i = 0; i < count; i++)
        {
            Assert.That((await client.ReadFrameAsync())!.Payload, Is.EqualTo(payload));
        }

        await sending;
    }

    [Test]
    public async Task Invalid_UTF8_fails_before_its_frame_ends()
    {
        using var client = await OpenAsync();
        await client.SendAsync(ClientFrame.Of(ClientFrame.TextOpcode, [.. "good "u8, 0xf4, 0x90], length: 1000));

        Assert.That((await client.ReadFrameAsync())!.CloseCode, Is.EqualTo(1007));
    }

    [Test]
    public async Task The_NET_client_connects_and_its_compression_is_declined()
    {
        using var client = new ClientWebSocket();
        client.Options.DangerousDeflateOptions = new WebSocketDeflateOptions();
        using var deadline = new CancellationTokenSource(Eventually.Deadline);
        await client.ConnectAsync(new Uri($"ws://127.0.0.1:{_server.Port}/"), deadline.Token);
        await client.SendAsync("hello"u8.ToArray(), WebSocketMessageType.Text, endOfMessage: true, deadline.Token);
        var buffer = new byte[100];
        var got = await client.ReceiveAsync(buffer, deadline.Token);
        await client.CloseAsync(WebSocketCloseStatus.NormalClosure, "bye", deadline.Token);

        Assert.That((got.MessageType, got.EndOfMessage, Encoding.UTF8.GetString(buffer, 0, got.Count)), Is.EqualTo((WebSocketMessageType.Text, true, "hello")));
        Assert.That((client.State, client.CloseStatus), Is.EqualTo((WebSocketState.Closed, WebSocketCloseStatus.NormalClosure)));
    }

    Task<RawClient> OpenAsync() => RawClient.OpenWebSocketAsync(new IPEndPoint(IPAddress.Loopback, _server.Port), "/");

    static byte[] PayloadOf(int size)
    {
        var payload = new byte[size];
        for (var i = 0; i < size; i++)
        {
            payload[i] = (byte)('!' + (i % 90));
        }

        return payload;
    }
}
