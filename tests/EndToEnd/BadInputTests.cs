using System.Net.WebSockets;
using System.Text;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.EndToEnd;

/// <summary>Each invalid event is rejected with its own code and does not affect its neighbours.</summary>
[TestFixture]
[Category("EndToEnd")]
[Parallelizable]
public sealed class BadInputTests
{
    readonly List<(long Index, string Code)> _expected = [];
    long _sent;
    int _good;
    Scratch _scratch = null!;
    RunningEngine _engine = null!;

    static long Now => TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();

    [SetUp]
    public async Task Start()
    {
        _expected.Clear();
        _sent = _good = 0;
        _scratch = new Scratch();
        _engine = await RunningEngine.StartAsync(_scratch, new EngineConfig());
    }

    [TearDown]
    public async Task Stop()
    {
        await using (_engine)
        {
            await _engine.StopAsync();
        }

        _scratch.Dispose();
    }

    [Test]
    public async Task WebSocket_events_are_rejected_individually()
    {
        await using var stream = await EventStream.WebSocketAsync(_engine.Stream, EngineConfig.SecretKey);
        await SendAllAsync(stream);

        await stream.SendAsync(Encoding.UTF8.GetBytes(Bad("invalid_messagepack", Event())), WebSocketMessageType.Binary, endOfMessage: true);
        var whole = Encoding.UTF8.GetBytes(Good());
        await stream.SendAsync(whole.AsMemory(0, 20), WebSocketMessageType.Text, endOfMessage: false);
        await stream.SendAsync(whole.AsMemory(20), WebSocketMessageType.Text, endOfMessage: true);

        // RFC 6455 requires closing the connection here. Earlier events are still acknowledged.
        Bad("invalid_utf8", "");
        await stream.SendAsync(new byte[] { (byte)'{', 0xc3, 0x28, (byte)'}' });
        await stream.EndAsync();

        Assert.That(stream.CloseStatus, Is.EqualTo(WebSocketCloseStatus.InvalidPayloadData));
        await AssertToldAsync(stream, "websocket");
    }

    [Test]
    public async Task TCP_events_are_rejected_individually()
    {
        await using var stream = await EventStream.LinesAsync(_engine.StreamEndPoint);
        await SendAllAsync(stream);

        Bad("invalid_utf8", "");
        await stream.SendAsync(new byte[] { (byte)'{', 0xc3, 0x28, (byte)'}' });
        await stream.SendAsync("");
        await stream.SendAsync(Good() + "\r");
        await stream.AckedAsync(_sent);

        await AssertToldAsync(stream, "tcp");
    }

    [Test]
    public async Task An_HTTP_response_lists_the_rejected_events_of_a_batch()
    {
        using var mixed = new StringContent($"[{Event()},{Event(quantity: "0")},{Event(id: "7")},{Event()}]");
        using var answer = await _engine.Http.PostAsync("/v1/events/batch", mixed);
        var body = await answer.Content.ReadAsStringAsync();
        using var foreign = new StringContent(Event(store: "\"other\""));
        using var refused = await _engine.Http.PostAsync("/v1/events", foreign);

        using (Assert.EnterMultipleScope())
        {
            Assert.That((int)answer.StatusCode, Is.EqualTo(200));
            Assert.That(body, Does.StartWith("""{"accepted":2,"rejected":2,"errors":[{"index":1,"code":"out_of_range","""));
            Assert.That(body, Does.Contain("""{"index":2,"code":"wrong_type","""));
            Assert.That((int)refused.StatusCode, Is.EqualTo(403));
            Assert.That(refused.Content.Headers.ContentType!.MediaType, Is.EqualTo("application/problem+json"));
            Assert.That(await refused.Content.ReadAsStringAsync(), Does.Contain("\"code\":\"foreign_store\""));
        }
    }

    [Test]
    public async Task A_time_beyond_the_limits_is_clamped()
    {
        var before = Now;
        await using var stream = await EventStream.LinesAsync(_engine.StreamEndPoint);
        await stream.SendAsync(Event(cart: "\"late\"", ts: $"{before - (3L * 86_400_000)}"));
        await stream.SendAsync(Event(cart: "\"early\"", ts: $"{before + 86_400_000}"));
        await stream.AckedAsync(2);
        var after = Now;

        var late = (await _engine.GetJsonAsync("/v1/features/late")).GetProperty("updatedAt").GetDateTimeOffset().ToUnixTimeMilliseconds();
        var early = (await _engine.GetJsonAsync("/v1/features/early")).GetProperty("updatedAt").GetDateTimeOffset().ToUnixTimeMilliseconds();
        Assert.That(late, Is.InRange(before - 86_400_000, after - 86_400_000), "24 hours back");
        Assert.That(early, Is.InRange(before + 300_000, after + 300_000), "5 minutes ahead");
    }

    // Every kind of invalid event or message, each between valid events.
    async Task SendAllAsync(EventStream stream)
    {
        const int aboveEvent = 33 * 1024, aboveMessage = 513 * 1024, aboveBatch = 2501;
        string[] messages =
        [
            Good(),
            Bad("invalid_json", "{\"id\":"),
            Bad("invalid_event", "\"an event\""),
            Good(),
            Batch(Good(), Bad("missing_field", Event(id: null)), Bad("missing_field", Event(type: null)), Bad("missing_field", Event(cart: null)),
                Bad("missing_field", Event(ts: null)), Good()),
            Batch(Bad("wrong_type", Event(id: "7")), Bad("wrong_type", Event(type: "[]")), Bad("wrong_type", Event(cart: "{}")),
                Bad("wrong_type", Event(ts: "true")), Bad("wrong_type", Event(quantity: "\"2\"")), Bad("wrong_type", Event(price: "\"2\"")),
                Bad("wrong_type", Event(meta: "1")), Good(), Bad("invalid_event", "7"), Good()),
            Bad("unknown_type", Event(type: "\"teleport\"")),
            Batch(Bad("out_of_range", Event(quantity: "0")), Bad("out_of_range", Event(price: "-1")), Bad("out_of_range", Event(currency: "\"US\""))),
            Batch(Bad("invalid_timestamp", Event(ts: "\"yesterday\"")), Bad("invalid_timestamp", Event(ts: "\"2024-11-20T10:00:00\""))),
            Bad("id_too_long", Event(cart: $"\"{new string('c', 257)}\"")),
            Bad("foreign_store", Event(store: "\"other\"")),
            Good(),
            Batch(Good(), Bad("event_too_large", Event(meta: $$"""{"note":"{{new string('x', aboveEvent)}}"}""")), Good()),
            Bad("message_too_large", Event(meta: $$"""{"note":"{{new string('x', aboveMessage)}}"}""")),
            Good(),
            Bad("batch_too_large", $"[{string.Join(',', Enumerable.Repeat(Event(), aboveBatch))}]"),
            Good(),
        ];
        foreach (var message in messages)
        {
            await stream.SendAsync(message);
        }
    }

    async Task AssertToldAsync(EventStream stream, string protocol)
    {
        var metrics = await _engine.MetricsAsync();
        var refused = metrics.By("cartrecovery_events_rejected_total", "code").Where(code => code.Value > 0);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(stream.Refused, Is.EqualTo(_expected));
            Assert.That(stream.Acked, Is.EqualTo(_sent));
            Assert.That(metrics.By("cartrecovery_events_received_total", "protocol")[protocol], Is.EqualTo(_sent));
            Assert.That(metrics.Processed, Is.EqualTo(_good));
            Assert.That(refused.ToDictionary(code => code.Key, code => (int)code.Value, StringComparer.Ordinal),
                Is.EquivalentTo(_expected.CountBy(refusal => refusal.Code).ToDictionary(StringComparer.Ordinal)));
            Assert.That(metrics.Processed + metrics.Rejected + metrics.Duplicates, Is.EqualTo(metrics.Received));
            Assert.That((await _engine.FeaturesAsync("cart"))["event_count"], Is.EqualTo(_good), "the cart has every valid event and no invalid one");
        }
    }

    string Good()
    {
        _sent++;
        _good++;
        return Event(id: $"\"good-{_good}\"");
    }

    string Bad(string code, string text)
    {
        _expected.Add((_sent++, code));
        return text;
    }

    static string Batch(params string[] events) => $"[{string.Join(',', events)}]";

    static string Event(
        string? id = "\"e1\"", string? type = "\"view_item\"", string? cart = "\"cart\"", string? ts = "", string? quantity = null,
        string? price = null, string? currency = null, string? store = null, string? meta = null)
    {
        var fields = new (string Name, string? Value)[]
        {
            ("id", id), ("type", type), ("cartId", cart), ("ts", ts == "" ? $"{Now}" : ts), ("quantity", quantity), ("price", price),
            ("currency", currency), ("storeId", store), ("meta", meta),
        };
        return $"{{{string.Join(',', fields.Where(field => field.Value is not null).Select(field => $"\"{field.Name}\":{field.Value}"))}}}";
    }
}
