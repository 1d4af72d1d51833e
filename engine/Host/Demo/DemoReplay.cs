using System.Buffers;
using System.Diagnostics;
using System.Net.WebSockets;
using System.Text.Json;
using CartRecovery.Contracts;
using CartRecovery.Engine.Configuration;
using CartRecovery.Engine.Decisions;
using CartRecovery.Engine.Delivery;
using CartRecovery.Engine.Learning.Datasets;
using CartRecovery.Engine.Telemetry;
using CartRecovery.Host.Composition;

namespace CartRecovery.Host.Demo;

/// <summary>
/// Streams a log through a real WebSocket at a steady pace, prints what comes back, and sums up. The log's times are moved so that it
/// ends now; the time between events is kept, so carts go idle in the log's time, faster than on the clock.
/// </summary>
sealed class DemoReplay
{
    static readonly TimeSpan s_step = TimeSpan.FromMilliseconds(50);
    static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    readonly EngineHost _host;
    readonly List<ShopEvent> _log;
    readonly TimeSpan _length;
    readonly TaskCompletionSource _acknowledged = new(TaskCreationOptions.RunContinuationsAsynchronously);
    readonly long[] _actions = new long[Enum.GetValues<ActionKind>().Length];
    readonly Stopwatch _watch = new();
    long _acked;
    long _sent;
    long _toSinks;

    public DemoReplay(EngineHost host, List<ShopEvent> log, TimeSpan length)
    {
        _host = host;
        _log = log;
        _length = length;
        host.Journeys.OnDecided += i =>
        {
            Interlocked.Increment(ref _actions[(int)i.Action]);
            if (i.Channel != Campaign.SocketChannel)
            {
                Interlocked.Increment(ref _toSinks);
            }
        };
    }

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var uri = new Uri($"ws://{_host.Addresses[1].Authority}/v1/stream");
        using var socket = new ClientWebSocket();
        socket.Options.SetRequestHeader("X-Api-Key", KeyOf(_host.Config));
        await socket.ConnectAsync(uri, cancellationToken);
        Console.WriteLine($"\nStreaming {_log.Count:N0} events of a real shop's night (REES46) through {uri}\n"
            + $"in {_length.TotalSeconds:N0} seconds. What the engine answers:\n");
        _watch.Start();
        var receiving = ReceiveAsync(socket, cancellationToken);
        await SendAsync(socket, cancellationToken);
        await _acknowledged.Task.WaitAsync(s_patience, cancellationToken);
        _watch.Stop();
        await WaitForSinksAsync(cancellationToken);
        await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, statusDescription: null, cancellationToken);
        await receiving;
    }

    public void PrintSummary()
    {
        var latency = new LatencyHistogram();
        foreach (var part in _host.Metrics.Latencies)
        {
            latency.Merge(part);
        }

        var interventions = Enum.GetValues<ActionKind>().Select(a => $"{_actions[(int)a]:N0} {EngineMetrics.NameOf(a)}");
        Console.WriteLine($"""

            events         {_host.Metrics.Processed,10:N0}   in {_watch.Elapsed.TotalSeconds:N1} s: {_host.Metrics.Processed / Math.Max(_watch.Elapsed.TotalSeconds, 0.001):N0} a second
            carts          {_host.Metrics.Carts,10:N0}
            predictions    {_host.Metrics.Predictions,10:N0}   by {_host.Model.Id}
            interventions  {_actions.Sum(),10:N0}   {string.Join(", ", interventions)}
            latency        received to decided: p50 {Milliseconds(latency.Quantile(0.5))}, p99 {Milliseconds(latency.Quantile(0.99))}
            """);
    }

    // The sum comes last, after the lines that the sinks print.
    async Task WaitForSinksAsync(CancellationToken cancellationToken)
    {
        var outcomes = Enum.GetValues<DeliveryAttemptOutcome>();
        var since = Stopwatch.StartNew();
        using var pace = new PeriodicTimer(s_step);
        while (since.Elapsed < s_patience && _host.Sinks.Runners.Sum(r =>
            outcomes.Sum(o => Enum.GetValues<ActionKind>().Sum(a => r.Count(a, o)))) < Interlocked.Read(ref _toSinks))
        {
            await pace.WaitForNextTickAsync(cancellationToken);
        }
    }

    static string Milliseconds(long nanoseconds) => $"{nanoseconds / 1e6:0.00} ms";

    static string KeyOf(CartRecoveryConfig config) =>
        config.Stores.SelectMany(s => s.Keys).OrderByDescending(k => k.Kind == KeyKind.Secret).First().Key;

    async Task SendAsync(ClientWebSocket socket, CancellationToken cancellationToken)
    {
        var first = _log[0].At;
        var span = Math.Max(1, _log[^1].At - first);
        var shift = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds() - _log[^1].At;
        var json = new ArrayBufferWriter<byte>(512);
        using var writer = new Utf8JsonWriter(json);
        using var pace = new PeriodicTimer(s_step);
        while (_sent < _log.Count)
        {
            var due = first + (span * (_watch.Elapsed / _length));
            while (_sent < _log.Count && _log[(int)_sent].At <= due)
            {
                var e = _log[(int)_sent];
                json.ResetWrittenCount();
                writer.Reset(json);
                e.WriteTo(writer, e.At + shift);
                writer.Flush();
                await socket.SendAsync(json.WrittenMemory, WebSocketMessageType.Text, endOfMessage: true, cancellationToken);
                Interlocked.Increment(ref _sent);
            }

            await pace.WaitForNextTickAsync(cancellationToken);
        }

        if (Interlocked.Read(ref _acked) >= _log.Count)
        {
            _acknowledged.TrySetResult();
        }
    }

    async Task ReceiveAsync(ClientWebSocket socket, CancellationToken cancellationToken)
    {
        var message = new ArrayBufferWriter<byte>(4096);
        while (true)
        {
            var received = await socket.ReceiveAsync(message.GetMemory(4096), cancellationToken);
            if (received.MessageType == WebSocketMessageType.Close)
            {
                return;
            }

            message.Advance(received.Count);
            if (received.EndOfMessage)
            {
                Show(message.WrittenMemory);
                message.ResetWrittenCount();
            }
        }
    }

    void Show(ReadOnlyMemory<byte> message)
    {
        using var document = JsonDocument.Parse(message);
        var root = document.RootElement;
        switch (root.GetProperty("type").GetString())
        {
            case "ack":
                Interlocked.Exchange(ref _acked, root.GetProperty("upTo").GetInt64());
                if (Interlocked.Read(ref _acked) >= _log.Count)
                {
                    _acknowledged.TrySetResult();
                }

                break;
            case "intervention":
                var i = root.GetProperty("payload").Deserialize(ContractsJson.Default.Intervention)!;
                var top = i.Reasons.Features.Count > 0 ? $", mostly {i.Reasons.Features[0].Name}" : "";
                Console.WriteLine($"{i.DecidedAt:HH:mm:ss}  socket  {EngineMetrics.NameOf(i.Action),-8}  {i.Message}\n"
                    + $"                    because {i.Reasons.Rule} (score {i.Reasons.Score:0.000}{top})");
                break;
            case "error":
                Console.WriteLine($"          refused: {root.GetProperty("code").GetString()}: {root.GetProperty("message").GetString()}");
                break;
        }
    }
}
