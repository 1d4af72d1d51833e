using System.Buffers;
using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net.WebSockets;
using System.Text.Json;
using CartRecovery.Contracts;
using CartRecovery.Engine.Configuration;
using CartRecovery.Engine.ControlPlane.Keys;
using CartRecovery.Engine.Learning.Datasets;
using CartRecovery.Host.Composition;
using CartRecovery.Host.Output;
using Spectre.Console;

namespace CartRecovery.Host.Demo;

/// <summary>
/// Streams a log through a real WebSocket and prints what comes back. The log's times are shifted so that it ends now. Like the storefront
/// client, it reports each message as delivered.
/// </summary>
sealed class DemoReplay : IDisposable
{
    static readonly TimeSpan s_step = TimeSpan.FromMilliseconds(50);
    static readonly TimeSpan s_quiet = TimeSpan.FromMilliseconds(300);
    static readonly TimeSpan s_silence = TimeSpan.FromMilliseconds(800);
    static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    readonly EngineHost _host;
    readonly List<ShopEvent> _log;
    readonly DemoPace _pace;
    readonly TimeSpan _length;
    readonly DemoTime _time;
    readonly long[] _actions = new long[Enum.GetValues<ActionKind>().Length];
    readonly ConcurrentQueue<(string MessageId, Intervention Intervention)> _shown = new();
    readonly Dictionary<string, string> _campaignOf = new(StringComparer.Ordinal);
    readonly ArrayBufferWriter<byte> _json = new(512);
    readonly Utf8JsonWriter _writer;
    readonly Stopwatch _watch = new();
    long _acked;
    long _answeredAt;
    long _linedAt;
    long _sent;
    int _events;

    /// <param name="host">A started engine.</param>
    /// <param name="log">The events in the order of their times; at least one.</param>
    /// <param name="time">The engine's clock.</param>
    /// <param name="length">The demo's length.</param>
    public DemoReplay(EngineHost host, List<ShopEvent> log, DemoTime time, TimeSpan length)
    {
        (_host, _log, _time, _length) = (host, log, time, length);
        _pace = new DemoPace(log, FirstIdle(host.Config));
        _writer = new Utf8JsonWriter(_json);
    }

    /// <summary>Log events sent.</summary>
    public int Events => Volatile.Read(ref _events);

    /// <summary>Messages reported as delivered.</summary>
    public long Shown => _actions.Sum();

    /// <summary>The duration of the streaming.</summary>
    public TimeSpan Elapsed => _watch.Elapsed;

    /// <summary>Returns the number of interventions received with this action.</summary>
    public long CountOf(ActionKind action) => Interlocked.Read(ref _actions[(int)action]);

    /// <inheritdoc/>
    public void Dispose() => _writer.Dispose();

    /// <summary>Streams the log until every event is decided and every message printed.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var socket = new ClientWebSocket();
        socket.Options.SetRequestHeader("X-Api-Key", KeyOf(_host.Config));
        await socket.ConnectAsync(new Uri($"ws://{_host.Addresses[1].Authority}/v1/stream"), cancellationToken);
        _watch.Start();
        var receiving = ReceiveAsync(socket, cancellationToken);
        if (Terminal.IsLive)
        {
            await Terminal.Out.Progress().AutoClear(enabled: true)
                .Columns(new ProgressBarColumn(), new TaskDescriptionColumn { Alignment = Justify.Left })
                .StartAsync(context => StreamAsync(socket, context.AddTask("the night", maxValue: _log.Count), cancellationToken));
        }
        else
        {
            await StreamAsync(socket, progress: null, cancellationToken);
        }

        _watch.Stop();
        await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, statusDescription: null, cancellationToken);
        await receiving;
    }

    // The shortest idle time of any campaign.
    static TimeSpan FirstIdle(CartRecoveryConfig config) => config.Decisions.Campaigns
        .Where(c => c.Stores.Count == 0 || !c.Stores.TrueForAll(s => s == DemoShop.StoreId))
        .Select(c => c.Trigger.Idle?.Value ?? TimeSpan.MaxValue).DefaultIfEmpty(TimeSpan.MaxValue).Min() is var idle && idle < TimeSpan.MaxValue
            ? idle : TimeSpan.Zero;

    static string KeyOf(CartRecoveryConfig config) =>
        config.Stores.SelectMany(s => s.Keys).OrderByDescending(k => k.Kind == KeyKind.Secret).First().Key;

    async Task StreamAsync(ClientWebSocket socket, ProgressTask? progress, CancellationToken cancellationToken)
    {
        using var pace = new PeriodicTimer(s_step);
        while (_events < _log.Count)
        {
            var due = _watch.Elapsed / _length;
            while (_events < _log.Count && _pace.DueOf(_events) <= due)
            {
                var e = _log[_events];
                Follow(e);
                _time.MoveTo(e.At + _time.Shift);
                e.WriteTo(Begin(), e.At + _time.Shift);
                await SendAsync(socket, cancellationToken);
                Volatile.Write(ref _events, _events + 1);
            }

            await ConfirmAsync(socket, cancellationToken);
            if (_events > 0 && Stopwatch.GetElapsedTime(Interlocked.Read(ref _linedAt)) > s_silence)
            {
                DemoLines.WriteFlow(_pace.TimeAfter(_events), _events, _host.Metrics.Carts);
                HasLine();
            }

            if (progress is not null)
            {
                progress.Value = _events;
                progress.Description = $"{Clock(_pace.TimeAfter(_events))}  {_events:N0} events, {_host.Metrics.Carts:N0} carts, {Shown:N0} interventions";
            }

            await pace.WaitForNextTickAsync(cancellationToken);
        }

        // Messages for the last events are still in flight, and each one received adds an event to wait for.
        var since = Stopwatch.StartNew();
        while (since.Elapsed < s_patience && (Interlocked.Read(ref _acked) < _sent || Stopwatch.GetElapsedTime(Interlocked.Read(ref _answeredAt)) < s_quiet))
        {
            await pace.WaitForNextTickAsync(cancellationToken);
            await ConfirmAsync(socket, cancellationToken);
        }

        await _host.Journeys.FlushAsync(cancellationToken);
    }

    Utf8JsonWriter Begin()
    {
        _json.ResetWrittenCount();
        _writer.Reset(_json);
        return _writer;
    }

    async Task SendAsync(ClientWebSocket socket, CancellationToken cancellationToken)
    {
        await _writer.FlushAsync(cancellationToken);
        await socket.SendAsync(_json.WrittenMemory, WebSocketMessageType.Text, endOfMessage: true, cancellationToken);
        Interlocked.Increment(ref _sent);
    }

    // As a page does when it shows a message. The delivery is dated at the decision: transport took milliseconds, but a millisecond of the
    // demo is a second of the log.
    async Task ConfirmAsync(ClientWebSocket socket, CancellationToken cancellationToken)
    {
        while (_shown.TryDequeue(out var shown))
        {
            var (id, i) = shown;
            if (i.UserId is { } user)
            {
                _campaignOf[user] = i.Campaign;
            }

            var writer = Begin();
            writer.WriteStartObject();
            writer.WriteString("id"u8, $"shown-{id}");
            writer.WriteString("type"u8, "delivered"u8);
            writer.WriteString("cartId"u8, i.CartId);
            writer.WriteString("userId"u8, i.UserId);
            writer.WriteString("sessionId"u8, i.SessionId);
            writer.WriteNumber("ts"u8, i.DecidedAt.ToUnixTimeMilliseconds());
            writer.WriteStartObject("meta"u8);
            writer.WriteString("intervention"u8, id);
            writer.WriteEndObject();
            writer.WriteEndObject();
            await SendAsync(socket, cancellationToken);
        }
    }

    void Follow(ShopEvent e)
    {
        if (e.Type == "purchase" && _campaignOf.TryGetValue(e.User, out var campaign))
        {
            DemoLines.WriteOrder(e.At, e.Price, campaign);
            HasLine();
        }
    }

    void HasLine() => Interlocked.Exchange(ref _linedAt, Stopwatch.GetTimestamp());

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
                ReadMessage(message.WrittenMemory);
                message.ResetWrittenCount();
            }
        }
    }

    void ReadMessage(ReadOnlyMemory<byte> message)
    {
        using var document = JsonDocument.Parse(message);
        var root = document.RootElement;
        switch (root.GetProperty("type").GetString())
        {
            case "ack":
                Interlocked.Exchange(ref _acked, root.GetProperty("upTo").GetInt64());
                break;
            case "intervention":
                var i = root.GetProperty("payload").Deserialize(ContractsJson.Default.Intervention)!;
                Interlocked.Increment(ref _actions[(int)i.Action]);
                Interlocked.Exchange(ref _answeredAt, Stopwatch.GetTimestamp());
                DemoLines.Write(_pace.TimeAfter(Events), i);
                HasLine();
                _shown.Enqueue((root.GetProperty("messageId").GetString()!, i));
                break;
            case "error":
                DemoLines.WriteRejected(_pace.TimeAfter(Events), root.GetProperty("code").GetString(), root.GetProperty("message").GetString());
                break;
        }
    }

    static string Clock(long at) => DateTimeOffset.FromUnixTimeMilliseconds(at).ToString("HH:mm:ss", CultureInfo.InvariantCulture);
}
