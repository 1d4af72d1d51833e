using CartRecovery.Tests.Conformance.WebSocket;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Ingest.Streams;

/// <summary>WebSocket specifics of streams on both ports.</summary>
[TestFixture(StreamTransport.WebSocket)]
[TestFixture(StreamTransport.HttpUpgrade)]
sealed class WebSocketStreamTests(StreamTransport via) : EngineFixture
{
    [Test]
    public async Task JSON_in_a_binary_message_is_rejected_and_the_stream_continues()
    {
        using var client = await StreamClient.OpenAsync(Engine, via);
        var cart = EventJson.NewCart();
        await client.Raw.SendAsync(ClientFrame.Binary(EventJson.Utf8(EventJson.Of(cart))));
        await client.SendAsync(EventJson.Of(cart));
        var heard = await client.UntilAckAsync(2);

        Assert.That(heard.Where(s => s.Type == "error").Select(e => (e.Index, e.Code)), Is.EqualTo(new[] { (0L, "invalid_messagepack") }));
        Assert.That(await Engine.EventsOfAsync(cart), Is.EqualTo(1));
    }

    [Test]
    public async Task An_unmasked_frame_closes_with_1002_and_earlier_events_are_kept()
    {
        using var client = await StreamClient.OpenAsync(Engine, via);
        var cart = EventJson.NewCart();
        await client.SendAsync(EventJson.Many(cart, 100));
        await client.Raw.SendAsync(ClientFrame.Of(ClientFrame.TextOpcode, EventJson.Utf8(EventJson.Of(cart)), mask: null));
        var heard = await client.UntilEndAsync();

        Assert.That((heard[^1].UpTo, client.CloseCode), Is.EqualTo((100, 1002)));
        Assert.That(Engine.Counts - Before, Is.EqualTo(new Counts(100, 100, 0)));
    }

    [Test]
    public async Task Protocol_violations_close_with_their_codes([Values] ProtocolViolation violation)
    {
        using var client = await StreamClient.OpenAsync(Engine, via);
        var (frames, code) = violation switch
        {
            ProtocolViolation.ReservedBit => (ClientFrame.Of(ClientFrame.TextOpcode, "{}"u8, reserved: 4), 1002),
            ProtocolViolation.ReservedOpcode => (ClientFrame.Of(3, "{}"u8), 1002),
            ProtocolViolation.LostContinuation => (ClientFrame.Continue("{}", fin: true), 1002),
            ProtocolViolation.MessageInMessage => (ClientFrame.Join(ClientFrame.Text("{", fin: false), ClientFrame.Text("}")), 1002),
            ProtocolViolation.FragmentedPing => (ClientFrame.Of(ClientFrame.PingOpcode, [], fin: false), 1002),
            ProtocolViolation.LongPing => (ClientFrame.Of(ClientFrame.PingOpcode, new byte[126]), 1002),
            ProtocolViolation.WrongCloseCode => (ClientFrame.Close(1005), 1002),
            ProtocolViolation.InvalidText => (ClientFrame.Text([0xff]), 1007),
            ProtocolViolation.InvalidBeginning => (ClientFrame.Text([0xc0, .. new byte[100]])[..20], 1007),
            _ => (ClientFrame.Of(ClientFrame.TextOpcode, [], length: 1L << 50), 1009),
        };
        await client.Raw.SendAsync(frames);
        await client.UntilEndAsync();

        Assert.That(client.CloseCode, Is.EqualTo(code));
        Assert.That(client.Raw.WasReset, Is.False);
    }

    [Test]
    public async Task Pings_fragments_and_pongs_work_over_a_real_socket()
    {
        using var client = await StreamClient.OpenAsync(Engine, via);
        var cart = EventJson.NewCart();
        var text = EventJson.Of(cart);
        foreach (var b in ClientFrame.Join(ClientFrame.Text(text[..10], fin: false), ClientFrame.Ping("between"), ClientFrame.Pong("unasked"),
            ClientFrame.Continue(text[10..], fin: true)))
        {
            await client.Raw.SendAsync(new[] { b });
        }

        var pong = await client.Raw.ReadFrameAsync();
        await client.UntilAckAsync(1);

        Assert.That((pong!.Opcode, pong.Text), Is.EqualTo((ClientFrame.PongOpcode, "between")));
        Assert.That(await Engine.EventsOfAsync(cart), Is.EqualTo(1));
    }

    [Test]
    public async Task Extensions_and_subprotocols_are_declined()
    {
        using var client = await RawClient.ConnectAsync(via == StreamTransport.WebSocket ? Engine.Stream : Engine.HttpPort);
        await client.SendAsync(RawClient.Handshake(headers:
            ["Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits", "Sec-WebSocket-Protocol: chat, superchat"]));
        var head = await client.ReadHeadAsync();

        Assert.That(head, Does.StartWith("HTTP/1.1 101 "));
        Assert.That(head, Does.Not.Contain("Sec-WebSocket-Extensions").IgnoreCase.And.Not.Contain("Sec-WebSocket-Protocol").IgnoreCase);
    }

    [Test]
    public async Task Frames_sent_with_the_handshake_are_not_lost()
    {
        using var client = await RawClient.ConnectAsync(via == StreamTransport.WebSocket ? Engine.Stream : Engine.HttpPort);
        var cart = EventJson.NewCart();
        await client.SendAsync((byte[])[.. EventJson.Utf8(RawClient.Handshake()), .. ClientFrame.Text(EventJson.Of(cart)), .. ClientFrame.Close(1000)]);
        Assert.That(await client.ReadHeadAsync(), Does.StartWith("HTTP/1.1 101 "));
        var frames = ServerFrame.ReadAll(await client.ReadToEndAsync());

        Assert.That(frames.Select(f => f.Opcode), Is.EqualTo(new[] { ClientFrame.TextOpcode, ClientFrame.CloseOpcode }));
        Assert.That(frames[0].Text, Is.EqualTo("""{"type":"ack","upTo":1}"""));
        Assert.That(await Engine.EventsOfAsync(cart), Is.EqualTo(1));
    }

    public enum ProtocolViolation
    {
        ReservedBit,
        ReservedOpcode,
        LostContinuation,
        MessageInMessage,
        FragmentedPing,
        LongPing,
        WrongCloseCode,
        InvalidText,
        InvalidBeginning,
        TooLong,
    }
}
