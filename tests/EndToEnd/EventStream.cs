using System.Buffers;
using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using CartRecovery.Tests.Events.MessagePack;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.EndToEnd;

/// <summary>A stream client that sends events and records the responses.</summary>
abstract class EventStream : IAsyncDisposable
{
    readonly Lock _gate = new();
    readonly List<(long Index, string Code)> _refused = [];
    readonly List<JsonElement> _interventions = [];
    long _acked;
    Task _receiving = Task.CompletedTask;

    /// <summary>The number of acknowledged events.</summary>
    public long Acked => Volatile.Read(ref _acked);

    /// <summary>The rejected events.</summary>
    public IReadOnlyList<(long Index, string Code)> Refused
    {
        get
        {
            lock (_gate)
            {
                return [.. _refused];
            }
        }
    }

    /// <summary>The intervention frames.</summary>
    public IReadOnlyList<JsonElement> Interventions
    {
        get
        {
            lock (_gate)
            {
                return [.. _interventions];
            }
        }
    }

    /// <summary>Over WebSocket.</summary>
    public static async Task<WebSocketStream> WebSocketAsync(Uri address, string key, string? origin = null)
    {
        var socket = new ClientWebSocket();
        socket.Options.SetRequestHeader("X-Api-Key", key);
        if (origin is not null)
        {
            socket.Options.SetRequestHeader("Origin", origin);
        }

        using var deadline = new CancellationTokenSource(EngineBinary.Deadline);
        await socket.ConnectAsync(address, deadline.Token);
        var stream = new WebSocketStream(socket);
        stream.Begin();
        return stream;
    }

    /// <summary>Over TCP, one message per line.</summary>
    public static async Task<LineStream> LinesAsync(IPEndPoint address)
    {
        var client = new TcpClient { NoDelay = true };
        await client.ConnectAsync(address);
        var stream = new LineStream(client);
        stream.Begin();
        return stream;
    }

    /// <summary>Over TCP in length-prefixed MessagePack.</summary>
    public static async Task<MessagePackStream> MessagePackAsync(IPEndPoint address)
    {
        var client = new TcpClient { NoDelay = true };
        await client.ConnectAsync(address);
        var stream = new MessagePackStream(client);
        stream.Begin();
        return stream;
    }

    /// <summary>Sends a message given as JSON: an event or an array of events.</summary>
    public abstract Task SendAsync(ReadOnlyMemory<byte> message);

    public Task SendAsync(string message) => SendAsync(Encoding.UTF8.GetBytes(message));

    /// <summary>Waits until the first <paramref name="events"/> events are acknowledged.</summary>
    public Task AckedAsync(long events) => Eventually.Is(() => Acked >= events || _receiving.IsCompleted, $"{events} events are acknowledged");

    /// <summary>Whether the connection has ended.</summary>
    public bool HasEnded => _receiving.IsCompleted;

    /// <summary>Waits until the engine closes the connection.</summary>
    public Task EndAsync() => _receiving.WaitAsync(EngineBinary.Deadline);

    public abstract ValueTask DisposeAsync();

    /// <summary>The next message; null at the end.</summary>
    protected abstract Task<ReadOnlyMemory<byte>?> ReceiveAsync();

    void Begin() => _receiving = Task.Run(async () =>
    {
        while (await ReceiveAsync() is { } message)
        {
            Take(message);
        }
    });

    void Take(ReadOnlyMemory<byte> message)
    {
        using var document = JsonDocument.Parse(message);
        var frame = document.RootElement;
        switch (frame.GetProperty("type").GetString())
        {
            case "ack":
                Volatile.Write(ref _acked, frame.GetProperty("upTo").GetInt64());
                break;
            case "error":
                lock (_gate)
                {
                    // One frame may report many that arrived together.
                    var first = frame.GetProperty("index").GetInt64();
                    var count = frame.TryGetProperty("count", out var many) ? many.GetInt64() : 1;
                    for (var index = first; index < first + count; index++)
                    {
                        _refused.Add((index, frame.GetProperty("code").GetString()!));
                    }
                }

                break;
            case "intervention":
                lock (_gate)
                {
                    _interventions.Add(frame.Clone());
                }

                break;
        }
    }
}

sealed class WebSocketStream(ClientWebSocket socket) : EventStream
{
    readonly ArrayBufferWriter<byte> _message = new(4096);

    /// <summary>The close status sent by the engine.</summary>
    public WebSocketCloseStatus? CloseStatus => socket.CloseStatus;

    public override Task SendAsync(ReadOnlyMemory<byte> message) => SendAsync(message, WebSocketMessageType.Text, endOfMessage: true);

    public Task SendAsync(ReadOnlyMemory<byte> part, WebSocketMessageType type, bool endOfMessage) =>
        socket.SendAsync(part, type, endOfMessage, CancellationToken.None).AsTask().WaitAsync(EngineBinary.Deadline);

    /// <summary>Sends a close frame without waiting for the answer.</summary>
    public Task CloseAsync() => socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, statusDescription: null, CancellationToken.None);

    public override ValueTask DisposeAsync()
    {
        socket.Dispose();
        return ValueTask.CompletedTask;
    }

    protected override async Task<ReadOnlyMemory<byte>?> ReceiveAsync()
    {
        _message.ResetWrittenCount();
        try
        {
            while (true)
            {
                var received = await socket.ReceiveAsync(_message.GetMemory(4096), CancellationToken.None);
                if (received.MessageType == WebSocketMessageType.Close)
                {
                    return null;
                }

                _message.Advance(received.Count);
                if (received.EndOfMessage)
                {
                    return _message.WrittenMemory;
                }
            }
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException or ObjectDisposedException)
        {
            return null;
        }
    }
}

sealed class LineStream(TcpClient client) : EventStream
{
    // Cached: once the peer was killed, the property throws.
    readonly NetworkStream _stream = client.GetStream();
    readonly StreamReader _reader = new(client.GetStream(), Encoding.UTF8);

    // Split in two: the engine must not assume a whole line per read.
    public override async Task SendAsync(ReadOnlyMemory<byte> message)
    {
        await SendBytesAsync(message);
        await SendBytesAsync("\n"u8.ToArray());
    }

    /// <summary>Sends raw bytes: several lines or a part of one.</summary>
    public Task SendBytesAsync(ReadOnlyMemory<byte> bytes) => _stream.WriteAsync(bytes).AsTask().WaitAsync(EngineBinary.Deadline);

    public override ValueTask DisposeAsync()
    {
        client.Dispose();
        return ValueTask.CompletedTask;
    }

    protected override async Task<ReadOnlyMemory<byte>?> ReceiveAsync()
    {
        try
        {
            // Not the literal null, which would be an empty message. A killed engine may leave half a frame.
            return await _reader.ReadLineAsync() is { } line && line.EndsWith('}') ? Encoding.UTF8.GetBytes(line) : default(ReadOnlyMemory<byte>?);
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            return null;
        }
    }
}

sealed class MessagePackStream(TcpClient client) : EventStream
{
    readonly NetworkStream _stream = client.GetStream();
    readonly byte[] _length = new byte[4];

    // Split in two: the engine must not assume a whole message per read.
    public override async Task SendAsync(ReadOnlyMemory<byte> message)
    {
        var frame = Packer.Frame(Packer.Json(Encoding.UTF8.GetString(message.Span)));
        await _stream.WriteAsync(frame.AsMemory(..7)).AsTask().WaitAsync(EngineBinary.Deadline);
        await _stream.WriteAsync(frame.AsMemory(7..)).AsTask().WaitAsync(EngineBinary.Deadline);
    }

    public override ValueTask DisposeAsync()
    {
        client.Dispose();
        return ValueTask.CompletedTask;
    }

    protected override async Task<ReadOnlyMemory<byte>?> ReceiveAsync()
    {
        try
        {
            await _stream.ReadExactlyAsync(_length);
            var message = new byte[BinaryPrimitives.ReadInt32BigEndian(_length)];
            await _stream.ReadExactlyAsync(message);
            return Encoding.UTF8.GetBytes(PlainMessagePack.Json(PlainMessagePack.Read(message)));
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            return null;
        }
    }
}
