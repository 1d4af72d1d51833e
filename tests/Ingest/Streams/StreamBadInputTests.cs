using System.Text.Json;
using CartRecovery.Tests.Conformance.WebSocket;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Ingest.Streams;

/// <summary>Each kind of invalid input has its own code, causes one error frame, and affects nothing else.</summary>
[TestFixture(StreamTransport.Tcp)]
[TestFixture(StreamTransport.WebSocket)]
[TestFixture(StreamTransport.HttpUpgrade)]
sealed class StreamBadInputTests(StreamTransport via) : EngineFixture
{
    static readonly string s_long = new('x', 33 * 1024);

    static readonly (string Bad, string Code)[] s_bad =
    [
        ("not json", "invalid_json"),
        ("{", "invalid_json"),
        ("{\"id\":}", "invalid_json"),
        ("{} {}", "invalid_json"),
        ("null", "invalid_event"),
        ("5", "invalid_event"),
        ("\"text\"", "invalid_event"),
        ("{}", "missing_field"),
        ("""{"type":"page_view","cartId":"c","ts":1}""", "missing_field"),
        ("""{"id":"e","cartId":"c","ts":1}""", "missing_field"),
        ("""{"id":"e","type":"page_view","ts":1}""", "missing_field"),
        ("""{"id":"e","type":"page_view","cartId":"c"}""", "missing_field"),
        ("""{"id":"","type":"page_view","cartId":"c","ts":1}""", "missing_field"),
        ("""{"id":null,"type":"page_view","cartId":"c","ts":1}""", "missing_field"),
        ("""{"id":1,"type":"page_view","cartId":"c","ts":1}""", "wrong_type"),
        ("""{"id":"e","type":7,"cartId":"c","ts":1}""", "wrong_type"),
        ("""{"id":"e","type":"page_view","cartId":["c"],"ts":1}""", "wrong_type"),
        ("""{"id":"e","type":"page_view","cartId":"c","ts":{}}""", "wrong_type"),
        ("""{"id":"e","type":"page_view","cartId":"c","ts":1,"price":"5"}""", "wrong_type"),
        ("""{"id":"e","type":"page_view","cartId":"c","ts":1,"quantity":"5"}""", "wrong_type"),
        ("""{"id":"e","type":"page_view","cartId":"c","ts":1,"meta":"mobile"}""", "wrong_type"),
        ("""{"id":"e","type":"page_viewed","cartId":"c","ts":1}""", "unknown_type"),
        ("""{"id":"e","type":"page_view","cartId":"c","ts":1,"quantity":0}""", "out_of_range"),
        ("""{"id":"e","type":"page_view","cartId":"c","ts":1,"price":-1}""", "out_of_range"),
        ("""{"id":"e","type":"page_view","cartId":"c","ts":1,"currency":"euro"}""", "out_of_range"),
        ("""{"id":"e","type":"page_view","cartId":"c","ts":"yesterday"}""", "invalid_timestamp"),
        ("""{"id":"e","type":"page_view","cartId":"c","ts":"2025-01-01T00:00:00"}""", "invalid_timestamp"),
        ($$"""{"id":"{{new string('i', 257)}}","type":"page_view","cartId":"c","ts":1}""", "id_too_long"),
        ("""{"id":"e","type":"page_view","cartId":"c","ts":1,"storeId":"other"}""", "foreign_store"),
        ("""{"id":"e","type":"page_view","cartId":"\"null\"","ts":1}""", "placeholder_id"),
        ("""{"id":"e","type":"page_view","cartId":"\u000b","ts":1}""", "placeholder_id"),
        ($$"""{"id":"{{string.Concat(Enumerable.Repeat("\\u000b", 60))}}null","type":"page_view","cartId":"c","ts":1}""", "placeholder_id"),
        ("""{"id":"e","type":"refund","cartId":"c","ts":1,"value":5,"orderId":"undefined"}""", "placeholder_id"),
        ($$"""{"id":"e","type":"page_view","cartId":"c","ts":1,"note":"{{s_long}}"}""", "event_too_large"),
        ($"\"{new string('x', 513 * 1024)}\"", "message_too_large"),
        (EventJson.Array(Enumerable.Repeat("""{"id":"e","type":"refund","cartId":"c","ts":1}""", 2_501)), "batch_too_large"),
    ];

    // A lone escaped surrogate, as when a browser truncates an emoji: well-formed JSON but not valid text.
    static readonly (string Bad, string Code)[] s_halfCharacters =
    [
        ("""{"id":"\ud83d","type":"page_view","cartId":"c","ts":1}""", "invalid_utf8"),
        ("""{"id":"e","type":"\ud83d","cartId":"c","ts":1}""", "unknown_type"),
        ("""{"id":"e","type":"page_view","cartId":"c\ud83d","ts":1}""", "invalid_utf8"),
        ("""{"id":"e","type":"page_view","cartId":"c","ts":1,"storeId":"\ud83d"}""", "foreign_store"),
        ("""{"id":"e","type":"page_view","cartId":"c","ts":1,"storeId":"demo\ud83d"}""", "foreign_store"),
        ("""{"id":"e","type":"page_view","cartId":"c","ts":"2025-01-01T00:00:0\ud83dZ"}""", "invalid_timestamp"),
    ];

    [Test]
    public async Task Each_kind_of_invalid_input_has_its_code_and_index()
    {
        using var client = await StreamClient.OpenAsync(Engine, via);
        var cart = EventJson.NewCart();
        var all = s_bad.Concat(s_halfCharacters).ToArray();
        var errors = new List<ReceivedMessage>();
        for (var i = 0; i < all.Length; i++)
        {
            await client.SendAsync(EventJson.Of(cart), all[i].Bad);
            errors.AddRange((await client.UntilAckAsync(2 * (i + 1))).Where(s => s.Type == "error"));
        }

        Assert.That(errors.Select(e => (e.Index, e.Code)), Is.EqualTo(all.Select((b, i) => ((2L * i) + 1, b.Code))));
        Assert.That(errors, Has.All.Property(nameof(ReceivedMessage.Message)).Not.Empty);
        Assert.That(await Engine.EventsOfAsync(cart), Is.EqualTo(all.Length));
        Assert.That(Engine.Counts - Before, Is.EqualTo(new Counts(2 * all.Length, all.Length, all.Length)));
    }

    [Test]
    public async Task A_batch_of_too_many_small_values_is_taken_up_to_the_limit()
    {
        using var client = await StreamClient.OpenAsync(Engine, via);
        await client.SendAsync(EventJson.Array(Enumerable.Repeat("0", 3_000)));
        var error = (await client.UntilEndAsync()).First(s => s.Type == "error");

        Assert.That((error.Count, CodesOf(error)), Is.EqualTo((2_501, "batch_too_large 1, invalid_event 2500")));
    }

    [Test]
    public async Task An_invalid_event_in_a_batch_affects_no_other()
    {
        using var client = await StreamClient.OpenAsync(Engine, via);
        var cart = EventJson.NewCart();
        (string Bad, string Code)[] bad = [.. s_bad.Where(b => b.Code is not ("invalid_json" or "message_too_large" or "batch_too_large")), .. s_halfCharacters];
        await client.SendAsync(EventJson.Array(bad.SelectMany(b => new[] { b.Bad, EventJson.Of(cart) })));
        var error = (await client.UntilAckAsync(2 * bad.Length)).Single(s => s.Type == "error");

        Assert.That((error.Index, error.Code, error.Count), Is.EqualTo((0, bad[0].Code, bad.Length)));
        Assert.That(CodesOf(error), Is.EqualTo(string.Join(", ", bad.GroupBy(b => b.Code, StringComparer.Ordinal).Select(b => $"{b.Key} {b.Count()}").Order(StringComparer.Ordinal))));
        Assert.That(await Engine.EventsOfAsync(cart), Is.EqualTo(bad.Length));
        Assert.That(Engine.Counts - Before, Is.EqualTo(new Counts(2 * bad.Length, bad.Length, bad.Length)));
    }

    [Test]
    public async Task Ids_that_errors_quote_fit_into_one_frame()
    {
        using var client = await StreamClient.OpenAsync(Engine, via);
        var id = string.Concat(Enumerable.Repeat("\\u000b", 64));
        await client.SendAsync(EventJson.Array(Enumerable.Repeat($$"""{"id":"e","type":"page_view","cartId":"{{id}}","ts":1}""", 40)));
        var error = (await client.UntilAckAsync(40)).Single(s => s.Type == "error");

        Assert.That((error.Code, error.Count), Is.EqualTo(("placeholder_id", 40)));
    }

    [Test]
    public async Task A_batch_that_breaks_off_keeps_its_earlier_events()
    {
        using var client = await StreamClient.OpenAsync(Engine, via);
        var cart = EventJson.NewCart();
        await client.SendAsync($"[{EventJson.Of(cart)},{EventJson.Of(cart)},oops,{EventJson.Of(cart)}]", EventJson.Of(cart));
        var heard = await client.UntilAckAsync(4);

        Assert.That(heard.Where(s => s.Type == "error").Select(e => (e.Index, e.Code)), Is.EqualTo(new[] { (2L, "invalid_json") }));
        Assert.That(await Engine.EventsOfAsync(cart), Is.EqualTo(3));
    }

    [Test]
    public async Task Invalid_UTF8_rejects_a_line_but_closes_a_WebSocket()
    {
        using var client = await StreamClient.OpenAsync(Engine, via);
        var cart = EventJson.NewCart();
        byte[] bad = [.. "{\"id\":\""u8, 0xc3, 0x28, .. "\"}"u8];
        await client.SendAsync(EventJson.Of(cart));
        await client.Raw.SendAsync(via == StreamTransport.Tcp ? [.. bad, (byte)'\n'] : ClientFrame.Text(bad));
        await client.SendAsync(EventJson.Of(cart));
        var heard = await client.UntilAckAsync(via == StreamTransport.Tcp ? 3 : 2);
        var rest = await client.CloseAsync();

        Assert.That(heard.Where(s => s.Type == "error").Select(e => (e.Index, e.Code)), Is.EqualTo(new[] { (1L, "invalid_utf8") }));
        Assert.That(client.CloseCode, Is.EqualTo(via == StreamTransport.Tcp ? 0 : 1007));
        Assert.That(rest, Is.Empty);
        Assert.That(await Engine.EventsOfAsync(cart), Is.EqualTo(via == StreamTransport.Tcp ? 2 : 1));
    }

    [Test]
    public async Task A_message_over_the_limit_is_rejected_before_it_ends()
    {
        using var client = await StreamClient.OpenAsync(Engine, via);
        var message = client.Encode($"\"{new string('x', 2 << 20)}\"");
        await client.Raw.SendAsync(message.AsMemory(0, 1 << 20));
        var early = await client.NextAsync();
        await client.Raw.SendAsync(message.AsMemory(1 << 20));
        await client.SendAsync(EventJson.Of("c"));
        var rest = await client.UntilAckAsync(2);

        Assert.That((early!.Index, early.Code), Is.EqualTo((0, "message_too_large")));
        Assert.That(rest.Select(s => s.Type), Has.None.EqualTo("error"));
    }

    [Test]
    public async Task A_message_and_an_event_of_exactly_the_limit_are_accepted()
    {
        using var client = await StreamClient.OpenAsync(Engine, via);
        var cart = EventJson.NewCart();
        var batch = EventJson.Array(Enumerable.Range(0, 15).Select(_ => Largest()));
        batch = batch[..^1] + new string(' ', (512 * 1024) - batch.Length) + "]";
        await client.SendAsync(Largest(), batch, Largest()[..^2] + "x\"}", batch + " ");
        var heard = await client.UntilAckAsync(18);

        Assert.That(heard.Where(s => s.Type == "error").Select(e => (e.Index, e.Code)),
            Is.EqualTo(new[] { (16L, "event_too_large"), (17L, "message_too_large") }));
        Assert.That(await Engine.EventsOfAsync(cart), Is.EqualTo(16));

        string Largest()
        {
            var small = EventJson.Of(cart, more: ",\"note\":\"\"");
            return small[..^2] + new string('x', (32 * 1024) - small.Length) + "\"}";
        }
    }

    static string CodesOf(ReceivedMessage error)
    {
        using var json = JsonDocument.Parse(error.Json);
        return string.Join(", ", json.RootElement.GetProperty("codes").EnumerateObject().Select(code => $"{code.Name} {code.Value}").Order(StringComparer.Ordinal));
    }
}
