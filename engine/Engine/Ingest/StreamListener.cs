using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using System.Text;
using System.Threading.Channels;
using CartRecovery.Engine.Control;
using CartRecovery.Engine.Events;
using CartRecovery.Engine.Ingest.WebSocket;
using Microsoft.AspNetCore.Connections;

namespace CartRecovery.Engine.Ingest;

/// <summary>
/// The stream port: WebSocket, newline-delimited JSON and length-prefixed MessagePack on one port, told apart by the first byte. Kestrel
/// accepts the connection and does TLS; from there on it is ours.
/// </summary>
public sealed class StreamListener(IngestSetup setup) : ConnectionHandler
{
    // A length whose first byte is higher is longer than limits.message may be, and not meant as one; white space is not either.
    const byte HighestOfLength = 8;

    /// <inheritdoc/>
    public override async Task OnConnectedAsync(ConnectionContext connection)
    {
        try
        {
            // Not linked to ConnectionClosed: that is cancelled when the client has sent its last byte, and not when all are read.
            using var handshake = new CancellationTokenSource(setup.HandshakeTimeout);
            var first = await ReadFirstByteAsync(connection.Transport.Input, handshake.Token);
            switch (first)
            {
                case null:
                    break;
                case (byte)'G':
                    await AcceptWebSocketAsync(connection, handshake);
                    break;
                case (byte)'{' or (byte)'[':
                    await AcceptTcpAsync(connection, AnswerEncoding.Lines, handshake);
                    break;
                case <= HighestOfLength:
                    await AcceptTcpAsync(connection, AnswerEncoding.MessagePack, handshake);
                    break;
                default:
                    await RefuseAsync(connection.Transport.Output, AnswerEncoding.Lines, new EventProblem(EventErrorCode.UnsupportedEncoding,
                        "speak WebSocket, JSON with one event or array a line, or MessagePack behind its length in four bytes"), handshake.Token);
                    break;
            }
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or ConnectionResetException or ConnectionAbortedException
            or ChannelClosedException)
        {
            // The client is gone, or too slow to say who it is; or the partitions have stopped.
        }
    }

    async Task AcceptWebSocketAsync(ConnectionContext connection, CancellationTokenSource handshake)
    {
        var output = connection.Transport.Output;
        if (await RequestHead.ReadAsync(connection.Transport.Input, handshake.Token) is not { } head)
        {
            await RefuseHttpAsync(output, new Problem(400, "bad_handshake", "The request is not HTTP/1.1, or its head is too long."), handshake.Token);
            return;
        }

        var problem = CheckHandshake(head);
        StoreKey key = null!;
        problem ??= Gatekeeper.Admit(setup.Stores, Gatekeeper.KeyOf(head.QueryOf("key"), head["X-Api-Key"], head["Authorization"]),
            head["Origin"], RemoteOf(connection), out key);
        problem ??= setup.Connections.IsFull ? Full : null;
        if (problem is not null)
        {
            await RefuseHttpAsync(output, problem, handshake.Token);
            return;
        }

        var answer = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: "
            + Handshake.AcceptOf(head["Sec-WebSocket-Key"]!) + "\r\n\r\n";
        output.Write(Encoding.ASCII.GetBytes(answer));
        await output.FlushAsync(handshake.Token);
        handshake.CancelAfter(Timeout.InfiniteTimeSpan);
        await RunWebSocketAsync(setup, connection.Transport, key, connection.Abort);
    }

    /// <summary>Serves a WebSocket whose handshake is done, whichever port it came in by.</summary>
    public static async Task RunWebSocketAsync(IngestSetup setup, IDuplexPipe transport, StoreKey key, Action abort)
    {
        setup.Counters.Connected(Protocol.WebSocket);
        try
        {
            var client = new ClientConnection(transport, setup, key, AnswerEncoding.WebSocket, abort);
            await client.RunAsync(new WebSocketSession(client, setup.MaxMessage));
        }
        finally
        {
            setup.Counters.Disconnected(Protocol.WebSocket);
        }
    }

    async Task AcceptTcpAsync(ConnectionContext connection, AnswerEncoding encoding, CancellationTokenSource handshake)
    {
        var transport = connection.Transport;
        var isLines = encoding == AnswerEncoding.Lines;
        var greeting = isLines
            ? await Greeting.ReadLineAsync(transport.Input, setup.MaxMessage, handshake.Token)
            : await Greeting.ReadMessageAsync(transport.Input, setup.MaxMessage, handshake.Token);
        var problem = Gatekeeper.Admit(setup.Stores, greeting ?? setup.TcpKey, origin: null, RemoteOf(connection), out var key);
        problem ??= setup.Connections.IsFull ? Full : null;
        if (problem is not null)
        {
            var code = problem == Full ? EventErrorCode.Overloaded : EventErrorCode.UnknownKey;
            await RefuseAsync(transport.Output, encoding, new EventProblem(code, problem.Detail), handshake.Token);
            return;
        }

        handshake.CancelAfter(Timeout.InfiniteTimeSpan);
        setup.Counters.Connected(Protocol.Tcp);
        try
        {
            var client = new ClientConnection(transport, setup, key, encoding, connection.Abort);
            await client.RunAsync(isLines ? new LineSession(client, setup.MaxMessage) : new MessagePackSession(client, setup.MaxMessage));
        }
        finally
        {
            setup.Counters.Disconnected(Protocol.Tcp);
        }
    }

    /// <summary>There is no room for another stream.</summary>
    public static Problem Full { get; } = new(503, "too_many_connections", "The engine has as many streams as listen.maxConnections allows.");

    static Problem? CheckHandshake(RequestHead head) =>
        head.Path != "/v1/stream" ? new Problem(404, "not_found", "This port serves /v1/stream; the API is on the HTTP port.")
        : !Handshake.HasToken(head["Upgrade"], "websocket") || !Handshake.HasToken(head["Connection"], "Upgrade")
            ? new Problem(426, "upgrade_required", "Open /v1/stream as a WebSocket.")
        : head["Sec-WebSocket-Version"] != "13" ? new Problem(426, "websocket_version", "Speak version 13 of the WebSocket protocol.")
        : !Handshake.IsValidKey(head["Sec-WebSocket-Key"])
            ? new Problem(400, "bad_handshake", "Sec-WebSocket-Key must be sixteen bytes of base64.")
        : null;

    static IPAddress? RemoteOf(ConnectionContext connection) => (connection.RemoteEndPoint as IPEndPoint)?.Address;

    static async Task<byte?> ReadFirstByteAsync(PipeReader input, CancellationToken cancellationToken)
    {
        while (true)
        {
            var read = await input.ReadAsync(cancellationToken);
            var buffer = read.Buffer;
            var start = SkipWhiteSpace(buffer);
            byte? first = start.IsEmpty ? null : start.FirstSpan[0];
            input.AdvanceTo(start.Start, first is null ? buffer.End : start.Start);
            if (first is not null || read.IsCompleted)
            {
                return first;
            }
        }
    }

    static ReadOnlySequence<byte> SkipWhiteSpace(in ReadOnlySequence<byte> buffer)
    {
        var reader = new SequenceReader<byte>(buffer);
        reader.AdvancePastAny((byte)' ', (byte)'\t', (byte)'\r', (byte)'\n');
        return reader.UnreadSequence;
    }

    static async Task RefuseHttpAsync(PipeWriter output, Problem problem, CancellationToken cancellationToken)
    {
        var body = problem.ToJson();
        var version = problem.Status == 426 ? "Sec-WebSocket-Version: 13\r\nUpgrade: websocket\r\n" : "";
        output.Write(Encoding.ASCII.GetBytes($"HTTP/1.1 {problem.Status} {problem.Title}\r\nContent-Type: {Problem.MediaType}\r\n"
            + $"Content-Length: {body.Length}\r\n{version}Connection: close\r\n\r\n"));
        output.Write(body.Span);
        await output.FlushAsync(cancellationToken);
    }

    async Task RefuseAsync(PipeWriter output, AnswerEncoding encoding, EventProblem problem, CancellationToken cancellationToken)
    {
        setup.Counters.Received(Protocol.Tcp, 1);
        setup.Counters.Rejected(problem.Error);
        var answer = new Outbound(output, encoding, setup.MaxUnsent, progress: null, onTooSlow: () => { });
        answer.TrySendError(0, problem);
        answer.Close();
        await answer.Closed.WaitAsync(cancellationToken);
    }
}
