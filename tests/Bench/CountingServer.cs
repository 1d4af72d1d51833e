using System.Buffers;
using System.Collections.Concurrent;
using System.Net;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using CartRecovery.Engine.Telemetry;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Prometheus;

namespace CartRecovery.Tests.Bench;

/// <summary>
/// A server that speaks the stream protocol over real sockets and counts events, with injectable faults, to verify the load generator.
/// </summary>
sealed class CountingServer : IAsyncDisposable
{
    readonly WebApplication _app;
    readonly MetricRegistry _metrics = new();
    readonly Histogram _latency;
    readonly ConcurrentDictionary<string, long> _received = new(StringComparer.Ordinal);
    long _events;
    long _processed;
    long _rejected;

    CountingServer(Faults faults)
    {
        Faults = faults;
        _latency = _metrics.Histogram("cartrecovery_event_latency_seconds", "From received to decided.");
        _metrics.Counter("cartrecovery_events_received_total", "Received.", ["protocol"], () => _received.Select(pair => new Sample(pair.Value, pair.Key)));
        _metrics.Counter("cartrecovery_events_processed_total", "Processed.", () => Volatile.Read(ref _processed));
        _metrics.Counter("cartrecovery_events_rejected_total", "Refused.", ["code"], () => [new(Volatile.Read(ref _rejected), "odd")]);

        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Services.Configure<Microsoft.AspNetCore.Server.Kestrel.Core.KestrelServerOptions>(kestrel =>
        {
            kestrel.Listen(IPAddress.Loopback, 0);
            kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Run(LinesAsync));
        });
        _app = builder.Build();
        _app.UseWebSockets();
        _app.Map("/v1/stream", FramesAsync);
        _app.MapGet("/metrics", context => _metrics.WriteAsync(context.Response.Body));
    }

    public Faults Faults { get; }

    /// <summary>Every event received: its connection and JSON.</summary>
    public ConcurrentQueue<(string Connection, JsonElement Event)> Events { get; } = new();

    /// <summary>The number of events in each message received, in any order.</summary>
    public ConcurrentQueue<int> MessageSizes { get; } = new();

    /// <summary>The first lines of TCP connections.</summary>
    public ConcurrentQueue<string> FirstLines { get; } = new();

    public string Http { get; private set; } = "";

    public string Stream => $"{Http.Replace("http:", "ws:", StringComparison.Ordinal)}/v1/stream";

    public string Tcp { get; private set; } = "";

    public long Count => Volatile.Read(ref _events);

    public static async Task<CountingServer> StartAsync(Faults? faults = null)
    {
        var server = new CountingServer(faults ?? new Faults());
        await server._app.StartAsync();
        var addresses = server._app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.ToArray();
        (server.Http, server.Tcp) = (addresses[0], new Uri(addresses[1]).Authority);
        return server;
    }

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
    }

    async Task FramesAsync(HttpContext context)
    {
        if (context.Request.Headers["X-Api-Key"] != "sk_demo")
        {
            context.Response.StatusCode = 401;
            return;
        }

        using var socket = await context.WebSockets.AcceptWebSocketAsync();
        using var sending = new SemaphoreSlim(1);
        var session = new Session(this, context.Connection.Id, "websocket", async text =>
        {
            await sending.WaitAsync();
            await socket.SendAsync(Encoding.UTF8.GetBytes(text), WebSocketMessageType.Text, endOfMessage: true, CancellationToken.None);
            sending.Release();
        });
        var buffer = new byte[512 * 1024];
        try
        {
            for (var length = 0; ;)
            {
                var got = await socket.ReceiveAsync(buffer.AsMemory(length), CancellationToken.None);
                if (got.MessageType == WebSocketMessageType.Close)
                {
                    await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, "", CancellationToken.None);
                    return;
                }

                length += got.Count;
                if (!got.EndOfMessage)
                {
                    continue;
                }

                if (!await session.TakeAsync(buffer.AsMemory(0, length)))
                {
                    await socket.CloseOutputAsync(WebSocketCloseStatus.PolicyViolation, "had enough", CancellationToken.None);
                    return;
                }

                length = 0;
            }
        }
        catch (WebSocketException)
        {
            // The client disconnected without a close frame.
        }
    }

    async Task LinesAsync(ConnectionContext connection)
    {
        var session = new Session(this, connection.ConnectionId, "tcp",
            async text => await connection.Transport.Output.WriteAsync(Encoding.UTF8.GetBytes(text + "\n")));
        var greeted = false;
        while (true)
        {
            var read = await connection.Transport.Input.ReadAsync();
            var rest = read.Buffer;
            while (rest.PositionOf((byte)'\n') is { } end)
            {
                var line = rest.Slice(0, end).ToArray();
                if (!greeted)
                {
                    FirstLines.Enqueue(Encoding.UTF8.GetString(line));
                }
                else if (!await session.TakeAsync(line))
                {
                    return;
                }

                greeted = true;
                rest = rest.Slice(rest.GetPosition(1, end));
            }

            connection.Transport.Input.AdvanceTo(rest.Start, rest.End);
            if (read.IsCompleted)
            {
                return;
            }
        }
    }

    /// <summary>One connection: counts events and answers according to the faults.</summary>
    sealed class Session(CountingServer server, string connection, string protocol, Func<string, Task> send)
    {
        long _count;

        public async Task<bool> TakeAsync(ReadOnlyMemory<byte> message)
        {
            using var json = JsonDocument.Parse(message);
            var one = json.RootElement.ValueKind == JsonValueKind.Object;
            JsonElement[] events = one ? [json.RootElement.Clone()] : [.. json.RootElement.Clone().EnumerateArray()];
            server.MessageSizes.Enqueue(events.Length);
            foreach (var item in events)
            {
                var number = Interlocked.Increment(ref server._events);
                server.Events.Enqueue((connection, item));
                server._latency.Observe(0.0015);
                if (server.Faults.LoseEvery > 0 && number % server.Faults.LoseEvery == 0)
                {
                    continue;
                }

                server._received.AddOrUpdate(protocol, 1, (_, count) => count + 1);
                if (server.Faults.RejectEvery > 0 && number % server.Faults.RejectEvery == 0)
                {
                    Interlocked.Increment(ref server._rejected);
                    await send($$"""{"type":"error","index":{{_count}},"code":"odd","message":"an odd one"}""");
                }
                else
                {
                    Interlocked.Increment(ref server._processed);
                }
            }

            _count += events.Length;
            if (_count >= server.Faults.CloseAfter)
            {
                return false;
            }

            if (_count >= server.Faults.AckFrom)
            {
                await send($$"""{"type":"ack","upTo":{{_count}}}""");
            }

            if (server.Faults.Intervene)
            {
                await send("""{"type":"intervention","payload":{"message":"still there?"},"messageId":"iv_1"}""");
                await send("""{"type":"heartbeat"}""");
            }

            return true;
        }
    }
}

/// <summary>The faults and delays of a server.</summary>
/// <param name="LoseEvery">One in this many events is not counted; 0 for none.</param>
/// <param name="RejectEvery">One in this many events is rejected; 0 for none.</param>
/// <param name="AckFrom">Number of events of a connection before the first acknowledgement.</param>
/// <param name="CloseAfter">Number of events after which a connection is closed.</param>
/// <param name="Intervene">Answers each message with an intervention and a heartbeat.</param>
sealed record Faults(int LoseEvery = 0, int RejectEvery = 0, long AckFrom = 0, long CloseAfter = long.MaxValue, bool Intervene = false);
