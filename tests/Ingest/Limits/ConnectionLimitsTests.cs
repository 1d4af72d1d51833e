using System.Text;
using CartRecovery.Engine.Configuration.Stores;
using CartRecovery.Engine.Configuration.Values;
using CartRecovery.Engine.ControlPlane.Keys;
using CartRecovery.Engine.Ingest.Limits;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Ingest.Limits;

/// <summary>Connection limits, counted from the accept until the connection is gone for any reason.</summary>
[TestFixture]
sealed class ConnectionLimitsTests
{
    [Test]
    public async Task A_connection_over_the_address_limit_is_rejected_until_a_slot_is_free()
    {
        await using var engine = await InProcessEngine.StartAsync(config => config.Listen.MaxConnectionsPerAddress = 2);
        using var first = await StreamClient.OpenAsync(engine, StreamTransport.WebSocket);
        using var second = await StreamClient.OpenAsync(engine, StreamTransport.HttpUpgrade);

        await IsRefusedAsync(engine, 429, "too_many_connections_from_address");
        Assert.That(engine.Host.ConnectionLimiter.RejectedFor(ConnectionRejection.Address), Is.EqualTo(3));
        await first.CloseAsync();
        await Eventually.Is(() => engine.Host.ConnectionLimiter.Sockets == 1, "a slot is free");
        using var next = await StreamClient.OpenAsync(engine, StreamTransport.WebSocket);
        await next.SendAsync(EventJson.Of("c"));
        Assert.That((await next.UntilAckAsync(1))[^1].UpTo, Is.EqualTo(1));
    }

    [Test]
    public async Task A_connection_over_a_stores_limit_is_rejected_without_affecting_other_stores([Values] StreamTransport via)
    {
        await using var engine = await InProcessEngine.StartAsync(config =>
        {
            config.Stores[0].MaxConnections = 1;
            config.Stores.Add(new StoreConfig { Id = "other", Keys = [InProcessEngine.Key("sk_other", KeyKind.Secret)] });
        });
        using var first = await StreamClient.OpenAsync(engine, via);
        await first.SendAsync(EventJson.Of("c"));
        await first.UntilAckAsync(1);

        await IsRefusedAsync(engine, 429, "too_many_connections_for_store");
        Assert.That(engine.Host.ConnectionLimiter.RejectedFor(ConnectionRejection.Store), Is.EqualTo(3));
        using var other = await StreamClient.OpenAsync(engine, via, "sk_other");
        await other.SendAsync(EventJson.Of("c"));
        await other.UntilAckAsync(1);
        Assert.That(Encoding.UTF8.GetString(await engine.Http.GetByteArrayAsync("/metrics")),
            Does.Contain("cartrecovery_connections_refused_total{reason=\"too_many_connections_for_store\"} 3\n"));
    }

    [Test]
    public async Task An_unauthenticated_connection_takes_no_streams_slot_and_times_out()
    {
        await using var engine = await InProcessEngine.StartAsync(config =>
        {
            config.Listen.MaxConnections = 1;
            config.Listen.HandshakeTimeout = Duration.FromSeconds(2);
        });
        using var silent = await RawClient.ConnectAsync(engine.Stream);
        using var slow = await RawClient.ConnectAsync(engine.Stream);
        await slow.SendAsync("GET /v1/str");
        await Eventually.Is(() => engine.Host.ConnectionLimiter.Pending.Count == 2, "both are connected");
        using var stream = await StreamClient.OpenAsync(engine, StreamTransport.WebSocket);
        Assert.That(engine.Host.ConnectionLimiter.Streams, Is.EqualTo(1));

        await Task.WhenAll(silent.ReadToEndAsync(), slow.ReadToEndAsync());
        await Eventually.Is(() => engine.Host.ConnectionLimiter.Pending.Count == 0, "both timed out");
    }

    [Test]
    public async Task A_slot_is_released_however_a_connection_ends()
    {
        await using var engine = await InProcessEngine.StartAsync(config =>
        {
            (config.Listen.MaxConnectionsPerAddress, config.Stores[0].MaxConnections) = (1000, 1000);
            config.Listen.HandshakeTimeout = Duration.FromMilliseconds(300);
        });
        string[] openings =
        [
            "", "G", "GET /v1/stream HTTP/1.0\r\n\r\n", RawClient.Handshake("/v1/stream?key=nobody"), RawClient.Handshake(), "{\"key\":\"nobody\"}\n",
            "{\"key\":\"sk_demo\"}\n", EventJson.Of("c") + "\n", "\u0001", $"{RawClient.Handshake()}\u0081\u0002{{}}", "GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n",
        ];
        for (var i = 0; i < 10 * openings.Length; i++)
        {
            foreach (var port in new[] { engine.Stream, engine.HttpPort })
            {
                using var client = await RawClient.ConnectAsync(port);
                await client.SendAsync(Encoding.Latin1.GetBytes(openings[i / 10]));
                switch (i % 3)
                {
                    case 0:
                        client.Reset();
                        break;
                    case 1:
                        client.HalfClose();
                        break;
                }
            }
        }

        await Eventually.Is(() => (engine.Host.ConnectionLimiter.Sockets, engine.Host.ConnectionLimiter.Streams, engine.Host.Connections.Count) == (0, 0, 0), "all are closed");
        var places = Enumerable.Range(0, 1001).Select(_ => engine.Host.ConnectionLimiter.TryReserveStoreStream(engine.Host.Stores.Stores[0])).ToArray();
        Assert.That((places[999], places[1000]), Is.EqualTo((true, false)), "the store has its exact number of slots");
        places = [.. Enumerable.Range(0, 1001).Select(_ => engine.Host.ConnectionLimiter.TryReserveAddress(System.Net.IPAddress.Loopback))];
        Assert.That((places[999], places[1000]), Is.EqualTo((true, false)), "the address has its exact number of slots");
    }

    [Test]
    public async Task A_thousand_simultaneous_connections_are_admitted_under_load_without_loss()
    {
        const int clients = 1000;
        await using var engine = await InProcessEngine.StartAsync();
        using var steady = await StreamClient.OpenAsync(engine, StreamTransport.WebSocket);
        using var stop = new CancellationTokenSource();
        var sent = 0;
        var flowing = Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
            {
                await steady.SendAsync(EventJson.Many("steady", 10));
                sent += 10;
                await steady.UntilAckAsync(sent);
            }
        });
        var opened = await Task.WhenAll(Enumerable.Range(0, clients).Select(async i =>
        {
            var client = await StreamClient.OpenAsync(engine, i % 2 == 0 ? StreamTransport.WebSocket : StreamTransport.HttpUpgrade);
            await client.SendAsync(EventJson.Of("burst"));
            await client.UntilAckAsync(1);
            return client;
        }));
        stop.Cancel();
        await flowing;

        Assert.That((engine.Host.Connections.Count, await engine.EventsOfAsync("burst"), await engine.EventsOfAsync("steady")), Is.EqualTo((clients + 1, clients, sent)));
        foreach (var client in opened)
        {
            client.Dispose();
        }
    }

    static async Task IsRefusedAsync(InProcessEngine engine, int status, string code)
    {
        foreach (var port in new[] { engine.Stream, engine.HttpPort })
        {
            using var client = await RawClient.ConnectAsync(port);
            await client.SendAsync(RawClient.Handshake());
            Assert.That(await client.ReadHeadAsync(), Does.StartWith($"HTTP/1.1 {status} Too Many Requests\r\n"));
            client.HalfClose();
            Assert.That(Encoding.UTF8.GetString(await client.ReadToEndAsync()), Does.Contain($"\"code\":\"{code}\""));
        }

        using var lines = await RawClient.ConnectAsync(engine.Stream);
        await lines.SendAsync(EventJson.Of("c") + "\n");
        Assert.That(ReceivedMessage.Read((await lines.ReadLineAsync())!).Code, Is.EqualTo(code));
        Assert.That(await lines.ReadLineAsync(), Is.Null);
    }
}
