using System.Text.Json;
using CartRecovery.Tests.Conformance.WebSocket;
using CartRecovery.Tests.Events.MessagePack;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Ingest;

/// <summary>The transports of a stream.</summary>
enum StreamTransport
{
    /// <summary>Lines on the stream port.</summary>
    Tcp,

    /// <summary>A WebSocket on the stream port.</summary>
    WebSocket,

    /// <summary>A WebSocket on the HTTP port.</summary>
    HttpUpgrade,

    /// <summary>Length-prefixed MessagePack on the stream port.</summary>
    MessagePack,

    /// <summary>MessagePack in binary WebSocket messages on the stream port.</summary>
    Binary,
}

static class StreamTransports
{
    /// <summary>Whether it is a plain TCP stream.</summary>
    public static bool IsTcp(this StreamTransport via) => via is StreamTransport.Tcp or StreamTransport.MessagePack;

    /// <summary>Whether it is MessagePack.</summary>
    public static bool IsMessagePack(this StreamTransport via) => via is StreamTransport.MessagePack or StreamTransport.Binary;
}

/// <summary>A stream client for every transport that sends messages and reads responses.</summary>
sealed class StreamClient : IDisposable
{
    readonly StreamTransport _via;

    StreamClient(RawClient raw, StreamTransport via)
    {
        Raw = raw;
        _via = via;
    }

    public RawClient Raw { get; }

    /// <summary>The server's close code; 0 without a close frame.</summary>
    public int CloseCode { get; private set; }

    /// <summary>The number of pings received.</summary>
    public int Pings { get; private set; }

    public static async Task<StreamClient> OpenAsync(InProcessEngine engine, StreamTransport via, string key = InProcessEngine.Secret, int? receiveBuffer = null,
        params string[] headers)
    {
        if (!via.IsTcp())
        {
            var port = via == StreamTransport.HttpUpgrade ? engine.HttpPort : engine.Stream;
            return new StreamClient(await RawClient.OpenWebSocketAsync(port, $"/v1/stream?key={key}", receiveBuffer, headers), via);
        }

        var raw = await RawClient.ConnectAsync(engine.Stream, receiveBuffer);
        var client = new StreamClient(raw, via);
        await raw.SendAsync(client.Encode($"{{\"key\":\"{key}\"}}"));
        return client;
    }

    /// <summary>The bytes of one message; text that is not JSON becomes invalid MessagePack.</summary>
    public byte[] Encode(string message) => _via switch
    {
        StreamTransport.Tcp => EventJson.Utf8(message + "\n"),
        StreamTransport.MessagePack => Packer.Frame(Packed(message)),
        StreamTransport.Binary => ClientFrame.Of(ClientFrame.BinaryOpcode, Packed(message)),
        _ => ClientFrame.Text(message),
    };

    static byte[] Packed(string json)
    {
        try
        {
            return Packer.Json(json);
        }
        catch (JsonException)
        {
            return [0xc1];
        }
    }

    /// <summary>Sends messages in one write.</summary>
    public Task SendAsync(params IEnumerable<string> messages) => Raw.SendAsync(ClientFrame.Join(messages.Select(Encode)));

    /// <summary>The server's next message; answers and counts pings; null at the end.</summary>
    public async Task<ReceivedMessage?> NextAsync()
    {
        if (_via == StreamTransport.Tcp)
        {
            return await Raw.ReadLineAsync() is { } line ? ReceivedMessage.Read(line) : null;
        }

        if (_via == StreamTransport.MessagePack)
        {
            return await Raw.ReadMessageAsync() is { } message
                ? ReceivedMessage.Read(PlainMessagePack.Json(PlainMessagePack.Read(message))) : null;
        }

        while (await Raw.ReadFrameAsync() is { } frame)
        {
            switch (frame.Opcode)
            {
                case ClientFrame.TextOpcode:
                    return ReceivedMessage.Read(frame.Text);
                case ClientFrame.PingOpcode:
                    Pings++;
                    await Raw.SendAsync(ClientFrame.Of(ClientFrame.PongOpcode, frame.Payload));
                    break;
                case ClientFrame.PongOpcode:
                    break;
                case ClientFrame.CloseOpcode:
                    CloseCode = frame.CloseCode;
                    Raw.HalfClose();
                    break;
                default:
                    Assert.Fail($"the server sent a frame of type {frame.Opcode}");
                    break;
            }
        }

        return null;
    }

    /// <summary>Reads until exactly this many events are acknowledged.</summary>
    /// <returns>Every message received, including the last acknowledgement.</returns>
    public async Task<List<ReceivedMessage>> UntilAckAsync(long upTo)
    {
        var heard = new List<ReceivedMessage>();
        while (heard is not [.., { Type: "ack" } last] || last.UpTo < upTo)
        {
            var said = await NextAsync();
            Assert.That(said, Is.Not.Null, () => $"the server closed the connection ({CloseCode}) before acknowledging {upTo}: {string.Join(' ', heard.TakeLast(5))}");
            heard.Add(said!);
        }

        Assert.That(heard[^1].UpTo, Is.EqualTo(upTo));
        return heard;
    }

    /// <summary>Reads until so many events are acknowledged and so many interventions have arrived.</summary>
    public async Task<List<ReceivedMessage>> UntilAnsweredAsync(long upTo, int interventions = 1)
    {
        var heard = new List<ReceivedMessage>();
        while (!heard.Exists(said => said.Type == "ack" && said.UpTo >= upTo) || heard.Count(said => said.Type == "intervention") < interventions)
        {
            var said = await NextAsync();
            Assert.That(said, Is.Not.Null, () => $"the server closed the connection ({CloseCode}) before answering {upTo}: {string.Join(' ', heard.TakeLast(5))}");
            heard.Add(said!);
        }

        return heard;
    }

    /// <summary>The latest acknowledgement seen by <see cref="UntilAckAtLeastAsync"/>.</summary>
    public long Acknowledged { get; private set; }

    /// <summary>Reads until at least this many events are acknowledged.</summary>
    public async Task UntilAckAtLeastAsync(long upTo)
    {
        while (Acknowledged < upTo)
        {
            var said = await NextAsync();
            Assert.That(said, Is.Not.Null, "the server closed the connection");
            Acknowledged = Math.Max(Acknowledged, said!.UpTo);
        }
    }

    /// <summary>Reads until the server closes the connection.</summary>
    public async Task<List<ReceivedMessage>> UntilEndAsync()
    {
        var heard = new List<ReceivedMessage>();
        while (await NextAsync() is { } said)
        {
            heard.Add(said);
        }

        return heard;
    }

    /// <summary>Ends the stream in the transport's own way and reads until the server closes the connection.</summary>
    public async Task<List<ReceivedMessage>> CloseAsync()
    {
        if (_via.IsTcp())
        {
            Raw.HalfClose();
        }
        else
        {
            await Raw.SendAsync(ClientFrame.Close(1000));
        }

        return await UntilEndAsync();
    }

    public void Dispose() => Raw.Dispose();
}

/// <summary>A message from the server.</summary>
sealed record ReceivedMessage(string Type, string Json, long UpTo = 0, long Index = 0, string Code = "", string Message = "", int Count = 1)
{
    public static ReceivedMessage Read(string json)
    {
        using var document = JsonDocument.Parse(json);
        var root = document.RootElement;
        return new ReceivedMessage(
            root.GetProperty("type").GetString()!, json,
            root.TryGetProperty("upTo", out var upTo) ? upTo.GetInt64() : 0,
            root.TryGetProperty("index", out var index) ? index.GetInt64() : 0,
            root.TryGetProperty("code", out var code) ? code.GetString()! : "",
            root.TryGetProperty("message", out var message) ? message.GetString()! : "",
            root.TryGetProperty("count", out var count) ? count.GetInt32() : 1);
    }

    public override string ToString() => Json;
}
