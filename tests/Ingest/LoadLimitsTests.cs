using CartRecovery.Engine.Configuration.Values;
using CartRecovery.Engine.ControlPlane.Keys;
using CartRecovery.Engine.Pipeline;
using CartRecovery.Tests.Ingest.Connections;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Ingest;

/// <summary>Limits on streams, on unread responses, and on events waiting for a partition.</summary>
[TestFixture]
sealed class LoadLimitsTests
{
    const int SmallBuffer = 4096;

    // Fewer than close a stream, more than are described singly.
    const int BadInRow = 20;

    [Test]
    public async Task A_stream_over_the_limit_is_rejected_on_each_transport_until_a_slot_is_free([Values] StreamTransport via)
    {
        await using var engine = await InProcessEngine.StartAsync(config => config.Listen.MaxConnections = 2);
        using var first = await StreamClient.OpenAsync(engine, via);
        using var second = await StreamClient.OpenAsync(engine, via);
        await Eventually.Is(() => engine.Host.Connections.Count == 2, "both are open");

        foreach (var port in new[] { engine.Stream, engine.HttpPort })
        {
            using var third = await RawClient.ConnectAsync(port);
            await third.SendAsync(RawClient.Handshake());
            Assert.That(await third.ReadHeadAsync(), Does.StartWith("HTTP/1.1 503 "));
            third.HalfClose();
            Assert.That(System.Text.Encoding.UTF8.GetString(await third.ReadToEndAsync()), Does.Contain("\"code\":\"too_many_connections\""));
        }

        using var lines = await RawClient.ConnectAsync(engine.Stream);
        await lines.SendAsync(EventJson.Of("c") + "\n");
        Assert.That(ReceivedMessage.Read((await lines.ReadLineAsync())!).Code, Is.EqualTo("overloaded"));
        Assert.That(await lines.ReadLineAsync(), Is.Null);

        await first.CloseAsync();
        await Eventually.Is(() => engine.Host.Connections.Count == 1, "a slot is free");
        using var next = await StreamClient.OpenAsync(engine, via);
        await next.SendAsync(EventJson.Of("c"));
        Assert.That((await next.UntilAckAsync(1))[^1].UpTo, Is.EqualTo(1));
    }

    [Test]
    public async Task A_client_that_does_not_read_interventions_is_dropped_and_counted_once([Values] StreamTransport via)
    {
        await using var engine = await InProcessEngine.StartAsync(config =>
        {
            config.Decisions.Campaigns.Add(InProcessEngine.Answering("begin_checkout", new string('m', 4000)));
            config.Decisions.Window = Duration.FromMilliseconds(0);
        });
        using var other = await StreamClient.OpenAsync(engine, via);
        using var client = await StreamClient.OpenAsync(engine, via, receiveBuffer: SmallBuffer);
        var cart = EventJson.NewCart();
        for (var sent = 0; sent < 10_000 && engine.Host.Counters.SlowConsumers == 0; sent += 100)
        {
            try
            {
                await client.SendAsync(Enumerable.Range(0, 100).Select(_ => EventJson.Of(cart, "begin_checkout")));
            }
            catch (System.Net.Sockets.SocketException)
            {
                // It has just been dropped.
            }
        }

        await Eventually.Is(() => engine.Host.Counters.SlowConsumers == 1, "the drop is counted");
        await Eventually.Is(() => engine.Host.Connections.Count == 1, "the client is disconnected");
        await other.SendAsync(EventJson.Of(cart, "begin_checkout"));
        await other.UntilAckAsync(1);
        await Eventually.Is(() => engine.Counts.Received == engine.Counts.Processed, "its events are processed");
        Assert.That(engine.Host.Counters.SlowConsumers, Is.EqualTo(1));
    }

    [Test]
    public async Task A_client_that_never_reads_its_errors_is_dropped_and_counted(
        [Values(StreamTransport.Tcp, StreamTransport.WebSocket, StreamTransport.HttpUpgrade)] StreamTransport via)
    {
        // Its send timeout elapses immediately.
        await using var engine = await InProcessEngine.StartAsync(
            config => config.Listen.Heartbeat = Duration.FromMinutes(10), new SkippingTime(TimeSpan.FromSeconds(30)));
        using var client = await StreamClient.OpenAsync(engine, via, receiveBuffer: SmallBuffer);
        await SendUntilItStandsStillAsync(engine, client);
        await Eventually.Is(() => engine.Host.Counters.SlowConsumers == 1, "the drop is counted");

        await Eventually.Is(() => engine.Host.Connections.Count == 0, "the client is disconnected");
    }

    [Test]
    public async Task Unread_errors_apply_backpressure_and_none_is_lost(
        [Values(StreamTransport.Tcp, StreamTransport.WebSocket, StreamTransport.HttpUpgrade)] StreamTransport via)
    {
        await using var engine = await InProcessEngine.StartAsync();
        using var client = await StreamClient.OpenAsync(engine, via, receiveBuffer: SmallBuffer);
        var sent = await SendUntilItStandsStillAsync(engine, client);

        Assert.That(engine.Counts.Received, Is.InRange(1, sent - 1), "the engine stopped reading");
        var heard = await client.UntilAckAsync(sent);
        Assert.That(heard.Where(s => s.Type == "error").Sum(s => s.Count), Is.EqualTo(sent / (BadInRow + 1) * BadInRow));
        Assert.That((engine.Counts.Rejected, engine.Host.Counters.SlowConsumers), Is.EqualTo((sent / (BadInRow + 1) * BadInRow, 0)));
    }

    [Test]
    public async Task A_long_message_waits_for_memory_and_short_ones_do_not([Values] StreamTransport via)
    {
        await using var engine = await InProcessEngine.StartAsync();
        using var slow = await StreamClient.OpenAsync(engine, via);
        using var quick = await StreamClient.OpenAsync(engine, via);
        var buffers = engine.Host.Ingest.Incomplete[KeyKind.Secret];
        Assert.That(buffers.TryReserve(buffers.Capacity), Is.True);
        var (cart, message) = (EventJson.NewCart(), EventJson.Array(EventJson.Many("long", 500)));
        var bytes = Conformance.WebSocket.ClientFrame.Join([slow.Encode(message)]);
        await slow.Raw.SendAsync(bytes.AsMemory(0, bytes.Length / 2));
        await Eventually.Is(() => buffers.IsExhausted, "the message waits for memory");
        await quick.SendAsync(EventJson.Of(cart));
        await quick.UntilAckAsync(1);

        buffers.Release(buffers.Capacity);
        await slow.Raw.SendAsync(bytes.AsMemory(bytes.Length / 2));
        await slow.UntilAckAsync(500);
        await Eventually.Is(() => buffers.Used == 0, "the memory is free again");
    }

    [Test]
    public async Task A_long_message_without_memory_is_refused_in_the_end([Values] StreamTransport via)
    {
        // Its timeout elapses immediately.
        await using var engine = await InProcessEngine.StartAsync(
            config => config.Listen.Heartbeat = Duration.FromMinutes(10), new SkippingTime(TimeSpan.FromSeconds(30)));
        var buffers = engine.Host.Ingest.Incomplete[KeyKind.Secret];
        Assert.That(buffers.TryReserve(buffers.Capacity), Is.True);
        using var client = await StreamClient.OpenAsync(engine, via);
        var bytes = Conformance.WebSocket.ClientFrame.Join([client.Encode(EventJson.Array(EventJson.Many("long", 500)))]);
        await client.Raw.SendAsync(bytes.AsMemory(0, bytes.Length / 2));
        var heard = await client.UntilEndAsync();

        Assert.That((heard.Count(s => s.Code == "overloaded"), client.CloseCode), Is.EqualTo(via.IsTcp() ? (1, 0) : (0, 1008)));
        Assert.That((engine.Host.Counters.Overloaded, buffers.IsExhausted, engine.Counts.Received), Is.EqualTo((1, false, 0)));
    }

    [Test]
    public async Task A_stalled_partition_applies_backpressure_without_loss([Values] StreamTransport via)
    {
        const int count = 300_000;
        await using var engine = await InProcessEngine.StartAsync(config =>
        {
            config.Partitions = 1;
            config.Decisions.Campaigns.Add(InProcessEngine.Answering("begin_checkout"));
        });
        using var gate = new PartitionGate(engine);
        using var client = await StreamClient.OpenAsync(engine, via);
        var (cart, blocker) = (EventJson.NewCart(), EventJson.NewCart());
        await client.SendAsync(EventJson.Of(blocker, "begin_checkout"));
        await Eventually.Is(() => gate.IsReached, "the partition is blocked");
        var bytes = Conformance.WebSocket.ClientFrame.Join(EventJson.Many(cart, count).Select(client.Encode));
        var sending = client.Raw.SendAllAsync(bytes, _ => { }, CancellationToken.None);
        await Eventually.Is(() => !engine.Host.Partitions.Gate.IsOpen, "the partition's inbox is nearly full");

        // What the client has sent tells nothing: the kernel's buffers may grow to take all of it.
        Assert.That(await StandsStillAsync(() => engine.Counts.Received), Is.LessThan(count), "the engine reads no more");
        Assert.That(engine.Host.Partitions[0].Inbox.Depth, Is.InRange(PartitionSet.InboxCapacity / 2, PartitionSet.InboxCapacity));
        gate.Open();
        await client.UntilAckAsync(count + 1);
        await sending;
        Assert.That(await engine.EventsOfAsync(cart), Is.EqualTo(count));
        Assert.That(engine.Counts, Is.EqualTo(new Counts(count + 1, count + 1, 0)));
    }

    // Sends messages that each read turns into many errors, until the engine takes no more of them.
    static async Task<long> SendUntilItStandsStillAsync(InProcessEngine engine, StreamClient client)
    {
        for (long sent = 0; ;)
        {
            var bytes = Conformance.WebSocket.ClientFrame.Join([.. Enumerable.Repeat(client.Encode("!"), BadInRow), client.Encode(EventJson.Of("c"))]);
            await client.Raw.SendAsync(bytes);
            sent += BadInRow + 1;
            if (await StandsStillAsync(() => engine.Counts.Received, sent) < sent)
            {
                return sent;
            }
        }
    }

    /// <summary>Waits until a positive count stays unchanged between two reads.</summary>
    /// <param name="count">The count.</param>
    /// <param name="enough">Ends the wait.</param>
    static async Task<long> StandsStillAsync(Func<long> count, long enough = long.MaxValue)
    {
        long last = 0, quiet = 0;
        await Eventually.Is(() =>
        {
            var now = count();
            quiet = now == last && now > 0 ? quiet + 1 : 0;
            last = now;
            return quiet == 150 || now >= enough;
        }, "it stands still");
        return last;
    }
}
