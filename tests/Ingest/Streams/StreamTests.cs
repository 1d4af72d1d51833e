using System.Text.Json;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Ingest.Streams;

/// <summary>Requests and responses of a stream over each transport.</summary>
[TestFixture(StreamTransport.Tcp)]
[TestFixture(StreamTransport.WebSocket)]
[TestFixture(StreamTransport.HttpUpgrade)]
[TestFixture(StreamTransport.MessagePack)]
[TestFixture(StreamTransport.Binary)]
sealed class StreamTests(StreamTransport via) : EngineFixture
{
    [Test]
    public async Task Events_in_single_messages_are_acknowledged_and_folded()
    {
        using var client = await StreamClient.OpenAsync(Engine, via);
        var cart = EventJson.NewCart();
        await client.SendAsync(EventJson.Of(cart, "add_to_cart", ",\"productId\":\"p1\",\"quantity\":2,\"price\":19.99"));
        var first = await client.UntilAckAsync(1);
        await client.SendAsync(EventJson.Of(cart), EventJson.Of(cart, "view_cart"));
        var second = await client.UntilAckAsync(3);

        var features = (await Engine.FeaturesAsync(cart))!.Value;
        Assert.That(features.GetProperty("event_count").GetInt32(), Is.EqualTo(3));
        Assert.That(features.GetProperty("cart_value").GetDouble(), Is.EqualTo(39.98).Within(1e-4));
        Assert.That(first.Concat(second).Select(s => s.Type).Distinct(), Is.EqualTo(new[] { "ack" }));
        Assert.That(Engine.Counts - Before, Is.EqualTo(new Counts(3, 3, 0)));
    }

    [Test]
    public async Task Events_in_arrays_count_individually()
    {
        using var client = await StreamClient.OpenAsync(Engine, via);
        var (one, other) = (EventJson.NewCart(), EventJson.NewCart());
        await client.SendAsync(EventJson.Array(EventJson.Many(one, 700)), EventJson.Of(other), EventJson.Array(EventJson.Many(other, 299)), "[]");
        await client.UntilAckAsync(1000);

        Assert.That((await Engine.EventsOfAsync(one), await Engine.EventsOfAsync(other)), Is.EqualTo((700, 300)));
        Assert.That(Engine.Counts - Before, Is.EqualTo(new Counts(1000, 1000, 0)));
    }

    [Test]
    public async Task Acknowledgements_are_monotonic_and_end_at_the_number_sent()
    {
        const int count = 20_000;
        using var client = await StreamClient.OpenAsync(Engine, via);
        var carts = Enumerable.Range(0, 50).Select(_ => EventJson.NewCart()).ToArray();
        var sending = client.SendAsync(Enumerable.Range(0, count).Select(i => EventJson.Of(carts[i % carts.Length])));
        var heard = await client.UntilAckAsync(count);
        await sending;

        Assert.That(heard.Select(s => s.UpTo), Is.Ordered.And.Unique);
        Assert.That(await Task.WhenAll(carts.Select(Engine.EventsOfAsync)), Has.All.EqualTo(count / carts.Length));
        Assert.That(Engine.Counts - Before, Is.EqualTo(new Counts(count, count, 0)));
    }

    [Test]
    public async Task Events_sent_before_the_end_are_acknowledged_before_the_connection_closes()
    {
        const int count = 5_000;
        using var client = await StreamClient.OpenAsync(Engine, via);
        var cart = EventJson.NewCart();
        await client.SendAsync(EventJson.Many(cart, count));
        var heard = await client.CloseAsync();

        Assert.That(heard[^1].UpTo, Is.EqualTo(count));
        Assert.That(client.CloseCode, Is.EqualTo(via.IsTcp() ? 0 : 1000));
        Assert.That(client.Raw.WasReset, Is.False);
        Assert.That(await Engine.EventsOfAsync(cart), Is.EqualTo(count));
    }

    [Test]
    public async Task Events_sent_before_a_half_close_are_folded_if_acknowledgements_stay_unread()
    {
        const int count = 5_000, clients = 10;
        var cart = EventJson.NewCart();
        var open = new List<StreamClient>();
        for (var i = 0; i < clients; i++)
        {
            open.Add(await StreamClient.OpenAsync(Engine, via));
            await open[i].SendAsync(EventJson.Many(cart, count));
            open[i].Raw.HalfClose();
        }

        await Eventually.Is(() => (Engine.Counts - Before).Processed == count * clients, "all events are processed");
        open.ForEach(client => client.Dispose());
        Assert.That(await Engine.EventsOfAsync(cart), Is.EqualTo(count * clients));
        Assert.That(Engine.Counts - Before, Is.EqualTo(new Counts(count * clients, count * clients, 0)));
    }

    [Test]
    public async Task A_truncated_message_has_no_effect()
    {
        using var client = await StreamClient.OpenAsync(Engine, via);
        var cart = EventJson.NewCart();
        await client.SendAsync(EventJson.Of(cart), EventJson.Of(cart));
        await client.UntilAckAsync(2);
        var whole = client.Encode(EventJson.Of(cart));
        await client.Raw.SendAsync(client.Encode(EventJson.Of(cart)));
        await client.Raw.SendAsync(whole.AsMemory(0, whole.Length / 2));
        await client.UntilAckAsync(3);
        client.Raw.Reset();

        await Eventually.Is(() => Engine.Host.Connections.Count == 0, "the stream is closed");
        Assert.That(await Engine.EventsOfAsync(cart), Is.EqualTo(3));
        Assert.That((Engine.Counts - Before).Processed, Is.EqualTo(3));
    }

    [Test]
    public async Task A_batch_of_invalid_events_causes_one_error_with_counts_and_keeps_the_stream()
    {
        const int batches = 4, size = 900;
        using var client = await StreamClient.OpenAsync(Engine, via);
        var cart = EventJson.NewCart();
        var bad = Enumerable.Repeat("""{"id":"x","type":"page_view","ts":1}""", size);
        await client.SendAsync(Enumerable.Range(0, batches).Select(_ => EventJson.Array(bad.Append(EventJson.Of(cart)))));
        var heard = await client.UntilAckAsync(batches * (size + 1));

        var errors = heard.Where(s => s.Type == "error").ToArray();
        Assert.That(errors.Select(s => (s.Index, s.Count, s.Code)), Is.EqualTo(Enumerable.Range(0, batches).Select(i => ((long)i * (size + 1), size, "missing_field"))));
        using var json = JsonDocument.Parse(errors[1].Json);
        var described = json.RootElement.GetProperty("errors").EnumerateArray().ToArray();
        Assert.That(described.Select(e => e.GetProperty("index").GetInt32()), Is.EqualTo(Enumerable.Range(size + 1, 5)));
        Assert.That(described.Select(e => e.GetProperty("message").GetString()), Is.All.EqualTo(errors[1].Message).And.All.Contains("'cartId' is missing"));
        Assert.That(json.RootElement.GetProperty("lastIndex").GetInt32(), Is.EqualTo((2 * size)));
        Assert.That(json.RootElement.GetProperty("codes").EnumerateObject().Select(code => (code.Name, code.Value.GetInt32())), Is.EqualTo(new[] { ("missing_field", size) }));
        Assert.That(await Engine.EventsOfAsync(cart), Is.EqualTo(batches));
        Assert.That(Engine.Counts - Before, Is.EqualTo(new Counts(batches * (size + 1), batches, batches * size)));
    }

    [Test]
    public async Task One_invalid_event_of_a_batch_is_reported_as_a_single_one()
    {
        using var client = await StreamClient.OpenAsync(Engine, via);
        await client.SendAsync(EventJson.Array(EventJson.Of("c"), "5", EventJson.Of("c")));
        var error = (await client.UntilAckAsync(3)).Single(s => s.Type == "error");

        Assert.That((error.Index, error.Code), Is.EqualTo((1, "invalid_event")));
        Assert.That(error.Json, Does.Not.Contain("count").And.Not.Contain("errors"));
    }

    [Test]
    public async Task All_errors_of_many_invalid_messages_are_counted_and_the_first_ones_are_described()
    {
        const int rounds = 60, bad = 900;
        using var client = await StreamClient.OpenAsync(Engine, via);
        var sending = client.SendAsync(Enumerable.Range(0, rounds).SelectMany(_ => Enumerable.Repeat("!", bad).Append(EventJson.Of("c"))));
        var heard = await client.UntilAckAsync(rounds * (bad + 1));
        await sending;

        var errors = heard.Where(s => s.Type == "error").ToArray();
        Assert.That(errors.Sum(s => s.Count), Is.EqualTo(rounds * bad));
        Assert.That(errors.Select(s => s.Code).Distinct(), Is.EqualTo(new[] { via.IsMessagePack() ? "invalid_messagepack" : "invalid_json" }));
        Assert.That(errors.Select(s => s.Index), Is.Ordered.And.Unique);
        Assert.That(errors, Has.Length.LessThan(rounds * bad / 2), "a read of many bad messages costs a few answers");
        Assert.That(Engine.Counts - Before, Is.EqualTo(new Counts(rounds * (bad + 1), rounds, rounds * bad)));
    }

    [Test]
    public async Task Events_before_too_many_errors_are_acknowledged()
    {
        using var client = await StreamClient.OpenAsync(Engine, via);
        var cart = EventJson.NewCart();
        await client.SendAsync([.. EventJson.Many(cart, 7), EventJson.Array(Enumerable.Repeat("{}", 1000))]);
        var heard = await client.UntilEndAsync();

        Assert.That(heard.Where(s => s.Type == "ack").Max(s => s.UpTo), Is.EqualTo(1007));
        Assert.That(await Engine.EventsOfAsync(cart), Is.EqualTo(7));
    }

    [Test]
    public async Task A_stream_that_sends_nothing_but_invalid_events_is_closed([Values(1, 100, 2500)] int batch)
    {
        const int most = 1000;
        using var client = await StreamClient.OpenAsync(Engine, via);
        var message = batch == 1 ? "!" : EventJson.Array(Enumerable.Repeat("5", batch));
        await client.SendAsync(EventJson.Of("c"));
        await client.UntilAckAsync(1);
        await client.SendAsync(Enumerable.Repeat(message, (3 * most) / batch + 1));
        var heard = await client.UntilEndAsync();

        var taken = (most + batch - 1) / batch * batch;
        Assert.That(heard.Where(s => s.Type == "error" && s.Code != "too_many_errors").Sum(s => s.Count), Is.EqualTo(taken));
        Assert.That((Engine.Counts - Before).Rejected, Is.EqualTo(taken), "what follows is not parsed");
        Assert.That((heard.Count(s => s.Code == "too_many_errors"), client.CloseCode), Is.EqualTo(via.IsTcp() ? (1, 0) : (0, 1008)));
    }
}
