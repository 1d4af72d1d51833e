using System.Text;
using System.Text.Json;
using CartRecovery.Engine.Ingest.DeadLetters;
using CartRecovery.Tests.Conformance.WebSocket;
using CartRecovery.Tests.Events.MessagePack;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Ingest.Streams;

/// <summary>MessagePack on the stream port: length prefixes, the handshake, and its own errors.</summary>
[TestFixture]
sealed class MessagePackStreamTests : StreamPortFixture
{
    const int Limit = 512 * 1024;


    [Test]
    public async Task Messages_may_arrive_byte_by_byte()
    {
        using var client = await RawClient.ConnectAsync(Keyless.Stream);
        var cart = EventJson.NewCart();
        byte[] all = [.. Handshake("sk_demo"), .. Event(cart), .. Packer.Frame(Packer.Array(Packed(cart), [7], Packed(cart))), .. Event(cart)];
        foreach (var one in all)
        {
            await client.SendAsync(new[] { one });
        }

        client.HalfClose();
        var heard = await HeardAsync(client);

        Assert.That(heard.Where(s => s.Type == "error").Select(s => (s.Index, s.Code)), Is.EqualTo(new[] { (2L, "invalid_event") }));
        Assert.That(heard[^1].UpTo, Is.EqualTo(5));
        Assert.That(await Keyless.EventsOfAsync(cart), Is.EqualTo(4));
    }

    [Test]
    public async Task Messages_split_anywhere_are_accepted()
    {
        var random = new Random(1);
        var cart = EventJson.NewCart();
        byte[] all = [.. Enumerable.Range(0, 2000).SelectMany(i => i % 10 == 0 ? Packer.Frame(Packer.Array(Enumerable.Range(0, i % 70).Select(_ => Packed(cart)))) : Event(cart))];
        var count = Enumerable.Range(0, 2000).Sum(i => i % 10 == 0 ? i % 70 : 1);
        using var client = await RawClient.ConnectAsync(Engine.Stream);
        var reading = HeardAsync(client);
        for (var at = 0; at < all.Length;)
        {
            var length = Math.Min(random.Next(1, random.Next(2) == 0 ? 40 : 9000), all.Length - at);
            await client.SendAsync(all.AsMemory(at, length));
            at += length;
        }

        client.HalfClose();
        var heard = await reading;
        Assert.That(heard.Select(s => s.Type).Distinct(), Is.EqualTo(new[] { "ack" }));
        Assert.That(heard[^1].UpTo, Is.EqualTo(count));
        Assert.That(await Engine.EventsOfAsync(cart), Is.EqualTo(count));
    }

    [Test]
    public async Task A_message_over_the_limit_is_skipped_and_the_next_accepted([Values(1, 3, 64)] int times)
    {
        var cart = EventJson.NewCart();
        var tooLong = new byte[4 + (Limit * times) + (times == 64 ? 0 : 1)];
        System.Buffers.Binary.BinaryPrimitives.WriteInt32BigEndian(tooLong, tooLong.Length - 4);
        var heard = await TalkAsync(Engine, Event(cart), tooLong, Event(cart));

        Assert.That(heard.Where(s => s.Type == "error").Select(s => (s.Index, s.Code)), Is.EqualTo(new[] { (1L, "message_too_large") }));
        Assert.That(heard[^1].UpTo, Is.EqualTo(3));
        Assert.That(await Engine.EventsOfAsync(cart), Is.EqualTo(2));
    }

    [Test]
    public async Task A_message_of_exactly_the_limit_is_accepted()
    {
        var cart = EventJson.NewCart();
        var whole = Packed(cart);
        var padding = Limit - (1 + whole.Length + 5);
        var message = new Packer().Array(2).Raw(whole).Raw(0xc6, 0, (byte)(padding >> 16), (byte)(padding >> 8), (byte)padding).Raw(new byte[padding]).Bytes;
        var heard = await TalkAsync(Engine, Packer.Frame(message), Event(cart));

        Assert.That(message, Has.Length.EqualTo(Limit));
        Assert.That(heard.Where(s => s.Type == "error").Select(s => (s.Index, s.Code)), Is.EqualTo(new[] { (1L, "invalid_event") }));
        Assert.That(await Engine.EventsOfAsync(cart), Is.EqualTo(2));
    }

    [Test]
    public async Task An_implausible_length_closes_the_connection_after_its_error()
    {
        using var client = await RawClient.ConnectAsync(Engine.Stream);
        var cart = EventJson.NewCart();
        await client.SendAsync(ClientFrame.Join([Event(cart), [0xff, 0xff, 0xff, 0xff, 0xc0], Event(cart)]));
        var heard = await HeardAsync(client);

        Assert.That(heard.Where(s => s.Type == "error").Select(s => (s.Index, s.Code)), Is.EqualTo(new[] { (1L, "message_too_large") }));
        Assert.That(heard[^1].UpTo, Is.EqualTo(2));
        Assert.That(await Engine.EventsOfAsync(cart), Is.EqualTo(1));
    }

    [Test]
    public async Task A_truncated_last_message_is_reported()
    {
        var cart = EventJson.NewCart();
        var heard = await TalkAsync(Engine, Event(cart), Event(cart)[..^1]);
        Assert.That(heard.Where(s => s.Type == "error").Select(s => (s.Index, s.Code)), Is.EqualTo(new[] { (1L, "invalid_messagepack") }));
        Assert.That(heard[^1].UpTo, Is.EqualTo(2));

        heard = await TalkAsync(Engine, [0, 0]);
        Assert.That(heard.Select(s => s.Type), Is.EqualTo(new[] { "error", "ack" }));
    }

    [Test]
    public async Task A_handshake_names_the_key_and_is_not_an_event()
    {
        foreach (var greeting in new[] { "{\"key\":\"sk_demo\"}", "{\"name\":\"till 4\",\"more\":[{\"key\":7}],\"key\":\"sk_demo\"}" })
        {
            var heard = await TalkAsync(Keyless, Packer.Frame(Packer.Json(greeting)), Event("c"));
            Assert.That(heard.Select(s => (s.Type, s.UpTo)), Is.EqualTo(new[] { ("ack", 1L) }), greeting);
        }
    }

    [Test]
    public async Task An_event_with_a_field_named_key_is_not_a_handshake()
    {
        var cart = EventJson.NewCart();
        var heard = await TalkAsync(Engine, Packer.Frame(Packer.Json(EventJson.Of(cart, more: ",\"key\":\"sk_other\""))));
        Assert.That(heard.Select(s => (s.Type, s.UpTo)), Is.EqualTo(new[] { ("ack", 1L) }));
        Assert.That(await Engine.EventsOfAsync(cart), Is.EqualTo(1));
    }

    [Test]
    public async Task A_wrong_or_missing_key_is_rejected_in_MessagePack()
    {
        var wrong = await TalkAsync(Engine, Handshake("sk_other"), Event("c"));
        var none = await TalkAsync(Keyless, Event("c"));
        Assert.That(wrong.Concat(none).Select(s => (s.Type, s.Index, s.Code)),
            Is.EqualTo(Enumerable.Repeat(("error", 0L, "unknown_key"), 2)));
    }

    [Test]
    public async Task Each_kind_of_invalid_input_has_its_code_and_affects_no_other()
    {
        (byte[] Bad, string Code)[] bad =
        [
            ([], "invalid_messagepack"), ([0xc1], "invalid_messagepack"), ([0x81], "invalid_messagepack"), ([0x80, 0x80], "invalid_messagepack"),
            ([0xc0], "invalid_event"), ([0x05], "invalid_event"), ([0x81, 1, 2], "invalid_event"), ([0x80], "missing_field"),
            (Packer.Json("""{"id":1}"""), "wrong_type"), (new Packer().Map(1).Text("id").Binary([1]).Bytes, "wrong_type"),
            (new Packer().Map(1).Text("id").Text([0xc3, 0x28]).Bytes, "invalid_utf8"), (Packer.Json("""{"type":"x"}"""), "unknown_type"),
            (Packer.Json("""{"quantity":0}"""), "out_of_range"), (Packer.Json("""{"price":1e400}"""), "out_of_range"),
            (Packer.Json("""{"ts":"yesterday"}"""), "invalid_timestamp"), (Packer.Json($$"""{"id":"{{new string('i', 257)}}"}"""), "id_too_long"),
            (Packer.Json("""{"storeId":"other"}"""), "foreign_store"), (Packer.Json($$"""{"x":"{{new string('x', 33_000)}}"}"""), "event_too_large"),
            (new Packer().Map(1).Text("x").Extension(5, [1]).Bytes, "invalid_event"), (Packer.Array(Enumerable.Repeat(new byte[] { 0x80 }, 2501)), "batch_too_large"),
        ];
        var cart = EventJson.NewCart();
        foreach (var some in bad.Chunk(10))
        {
            var errors = (await TalkAsync(Engine, [.. some.SelectMany(b => new[] { Event(cart), Packer.Frame(b.Bad) })])).Where(s => s.Type == "error").ToArray();
            Assert.That(errors.Select(s => (s.Index, s.Code)), Is.EqualTo(some.Select((b, i) => ((2L * i) + 1, b.Code))));
            Assert.That(errors, Has.All.Property(nameof(ReceivedMessage.Message)).Not.Empty);
        }

        var inArray = bad.Where(b => b.Code is not ("invalid_messagepack" or "batch_too_large")).ToArray();
        var heard = await TalkAsync(Engine, Packer.Frame(Packer.Array(inArray.SelectMany(b => new[] { Packed(cart), b.Bad }))));
        Assert.That(heard.Where(s => s.Type == "error").Select(s => (s.Index, s.Code)), Is.EqualTo(inArray.Select((b, i) => ((2L * i) + 1, b.Code))));
        Assert.That(await Engine.EventsOfAsync(cart), Is.EqualTo(bad.Length + inArray.Length));
    }

    [Test]
    public async Task Text_and_binary_messages_may_share_a_WebSocket()
    {
        using var client = await StreamClient.OpenAsync(Engine, StreamTransport.WebSocket);
        var cart = EventJson.NewCart();
        var array = Packer.Array(Packed(cart), Packed(cart));
        await client.Raw.SendAsync(ClientFrame.Join(
        [
            ClientFrame.Text(EventJson.Of(cart)), ClientFrame.Binary(Packed(cart)), ClientFrame.Text("{}"), ClientFrame.Binary([0x80]),
            ClientFrame.Binary(array[..9], fin: false), ClientFrame.Ping(), ClientFrame.Of(ClientFrame.Continuation, array[9..]), ClientFrame.Text(EventJson.Of(cart)),
        ]));
        while (await client.Raw.ReadFrameAsync() is { } frame)
        {
            if (frame.Opcode == ClientFrame.TextOpcode && ReceivedMessage.Read(frame.Text) is { Type: "ack", UpTo: 7 })
            {
                break;
            }
        }

        Assert.That(await Engine.EventsOfAsync(cart), Is.EqualTo(5));
    }

    [Test]
    public async Task Rejected_MessagePack_is_kept_as_repairable_JSON_or_as_received()
    {
        await using var engine = await InProcessEngine.StartAsync();
        var cart = EventJson.NewCart();
        var priced = EventJson.Of(cart, "add_to_cart", ",\"productId\":\"p\",\"price\":\"19,99\",\"note\":[1.5,null,\"ü\"]");
        await TalkAsync(engine, Packer.Frame(Packer.Array(Packed(cart), Packer.Json(priced))), Packer.Frame([0x81, 0xa1]));
        await Eventually.Is(() => engine.Host.DeadLetters.Count(DeadLetterState.Waiting) == 2, "the letters are kept");
        Assert.That(System.Text.Encoding.UTF8.GetString(engine.Host.DeadLetters.Find(1)!.Event), Is.EqualTo(priced));
        Assert.That(engine.Host.DeadLetters.Find(2)!.Event, Is.EqualTo(new byte[] { 0x81, 0xa1 }));

        using var body = new StringContent("{\"all\":true}", Encoding.UTF8, "application/json");
        using var answer = await engine.Http.PostAsync("/v1/deadletters/replay", body);
        using var json = JsonDocument.Parse(await answer.Content.ReadAsStringAsync());
        Assert.That(json.RootElement.GetProperty("letters").EnumerateArray().Select(letter => letter.GetProperty("outcome").GetString()),
            Is.EqualTo(new[] { "replayed", "not_repairable" }));
        Assert.That((await engine.FeaturesAsync(cart))!.Value.GetProperty("cart_value").GetDouble(), Is.EqualTo(19.99).Within(1e-4));
    }

    static byte[] Packed(string cart) => Packer.Json(EventJson.Of(cart));

    static byte[] Event(string cart) => Packer.Frame(Packed(cart));

    static byte[] Handshake(string key) => Packer.Frame(Packer.Json($"{{\"key\":\"{key}\"}}"));

    /// <summary>Sends everything, half-closes, and reads to the end.</summary>
    static async Task<List<ReceivedMessage>> TalkAsync(InProcessEngine engine, params byte[][] frames)
    {
        using var client = await RawClient.ConnectAsync(engine.Stream);
        var hearing = HeardAsync(client);
        await client.SendAsync(ClientFrame.Join(frames));
        client.HalfClose();
        var heard = await hearing;
        Assert.That(client.WasReset, Is.False);
        return heard;
    }

    static async Task<List<ReceivedMessage>> HeardAsync(RawClient client)
    {
        var heard = new List<ReceivedMessage>();
        while (await client.ReadMessageAsync() is { } message)
        {
            heard.Add(ReceivedMessage.Read(PlainMessagePack.Json(PlainMessagePack.Read(message))));
        }

        return heard;
    }
}
