using System.Collections.Concurrent;
using System.Net;
using System.Net.WebSockets;
using System.Text.Json;
using CartRecovery.Engine.Scoring;
using CartRecovery.Engine.Scoring.Onnx;
using CartRecovery.Engine.State;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace CartRecovery.Bench.Baselines;

/// <summary>
/// A straightforward implementation: ASP.NET Core WebSockets message by message, System.Text.Json, a concurrent dictionary of carts, and
/// one ONNX Runtime call per event. Intervenes like the shipped campaign keen-looker. Has no persistence, deduplication or timers, and
/// validates only the JSON.
/// </summary>
sealed class PlainServer : IAsyncDisposable
{
    const float Threshold = 0.13f;
    const int ViewsAtLeast = 4;
    const long Window = 60 * 60 * 1000;
    const int MaxMessage = 32 * 1024;

    readonly OnnxModel _model;
    readonly bool _lazyAcks;
    readonly ConcurrentDictionary<string, PlainCart> _carts = new();
    readonly WebApplication _app;

    PlainServer(string model, int port, bool lazyAcks)
    {
        _model = OnnxModel.Load(model, FeatureTable.Names);
        _lazyAcks = lazyAcks;
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, port));
        _app = builder.Build();
        _app.UseWebSockets();
        _app.Map("/v1/stream", StreamAsync);
    }

    /// <summary>The port it listens on.</summary>
    public int Port => new Uri(_app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First()).Port;

    /// <summary>Starts to listen on loopback.</summary>
    /// <param name="model">The <c>.onnx</c> file.</param>
    /// <param name="port">0 for any free one.</param>
    /// <param name="lazyAcks">Whether to acknowledge when no more input is waiting, instead of after each message.</param>
    /// <exception cref="IOException">The port is taken.</exception>
    public static async Task<PlainServer> StartAsync(string model, int port, bool lazyAcks)
    {
        var server = new PlainServer(model, port, lazyAcks);
        await server._app.StartAsync();
        return server;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        _model.Dispose();
    }

    /// <summary>Applies an event to its cart, scores the cart and decides.</summary>
    /// <param name="e">The event.</param>
    /// <param name="scorer">The connection's scorer, for one row.</param>
    /// <returns>The probability of a purchase, and whether to intervene.</returns>
    internal (float Score, bool StepIn) Take(PlainEvent e, BatchScorer scorer)
    {
        var cart = _carts.GetOrAdd(e.CartId, static _ => new PlainCart());
        lock (cart)
        {
            cart.Apply(e);
            cart.Features(_model.Features, e.Ts, scorer.Row(0));
            var score = scorer.Score(1)[0];
            var stepIn = score > Threshold && cart is { Views: >= ViewsAtLeast, IsEmpty: true } && !(e.Ts - cart.InterventionAt < Window);
            if (stepIn)
            {
                cart.InterventionAt = e.Ts;
            }

            return (score, stepIn);
        }
    }

    /// <summary>A connection's scorer: ONNX Runtime with one row per run.</summary>
    internal BatchScorer CreateScorer() => _model.CreateRuntimeScorer(1);

    async Task StreamAsync(HttpContext context)
    {
        if (!context.WebSockets.IsWebSocketRequest)
        {
            context.Response.StatusCode = StatusCodes.Status400BadRequest;
            return;
        }

        if (context.Request.Headers["X-Api-Key"] != "sk_demo")
        {
            context.Response.StatusCode = StatusCodes.Status401Unauthorized;
            return;
        }

        using var socket = await context.WebSockets.AcceptWebSocketAsync();
        try
        {
            await ReadAsync(socket, context.RequestAborted);
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException or JsonException)
        {
            // The client disconnected or sent invalid JSON.
        }
    }

    async Task ReadAsync(WebSocket socket, CancellationToken cancellation)
    {
        using var scorer = CreateScorer();
        var buffer = new byte[MaxMessage];
        long taken = 0, acknowledged = 0;
        while (true)
        {
            var length = 0;
            ValueWebSocketReceiveResult received;
            do
            {
                var receiving = socket.ReceiveAsync(buffer.AsMemory(length), cancellation);
                if (!receiving.IsCompleted && taken > acknowledged)
                {
                    await SendAsync(socket, JsonSerializer.SerializeToUtf8Bytes(new PlainAck("ack", taken), PlainJson.Default.PlainAck), cancellation);
                    acknowledged = taken;
                }

                received = await receiving;
                length += received.Count;
            }
            while (!received.EndOfMessage && length < buffer.Length);

            if (received.MessageType == WebSocketMessageType.Close || !received.EndOfMessage)
            {
                await socket.CloseOutputAsync(
                    received.EndOfMessage ? WebSocketCloseStatus.NormalClosure : WebSocketCloseStatus.MessageTooBig, "", cancellation);
                return;
            }

            var e = JsonSerializer.Deserialize(buffer.AsSpan(0, length), PlainJson.Default.PlainEvent)!;
            var (score, stepIn) = Take(e, scorer);
            if (stepIn)
            {
                var intervention = new PlainIntervention("intervention",
                    new PlainPayload(e.CartId, "Prices and stock change. Put what you like in your cart while it is there.", score), $"iv_{Guid.NewGuid():N}");
                await SendAsync(socket, JsonSerializer.SerializeToUtf8Bytes(intervention, PlainJson.Default.PlainIntervention), cancellation);
            }

            taken++;
            if (!_lazyAcks)
            {
                await SendAsync(socket, JsonSerializer.SerializeToUtf8Bytes(new PlainAck("ack", taken), PlainJson.Default.PlainAck), cancellation);
                acknowledged = taken;
            }
        }
    }

    static ValueTask SendAsync(WebSocket socket, byte[] json, CancellationToken cancellation) =>
        socket.SendAsync(json.AsMemory(), WebSocketMessageType.Text, endOfMessage: true, cancellation);
}
