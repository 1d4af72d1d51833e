using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using System.Text;
using System.Threading.Channels;
using CartRecovery.Engine.ControlPlane;
using CartRecovery.Engine.Events;
using CartRecovery.Engine.Ingest.Connections;
using CartRecovery.Engine.Ingest.Streams.Transport;
using CartRecovery.Engine.Ingest.Streams.WebSocket;
using Microsoft.AspNetCore.Connections;

namespace CartRecovery.Engine.Ingest.Streams;

/// <summary>
/// Serves the stream port: WebSocket, newline-delimited JSON and length-prefixed MessagePack, distinguished by the first byte. Kestrel
/// accepts the connection and handles TLS; the rest happens here.
/// </summary>
public sealed class StreamListener(IngestOptions options) : ConnectionHandler
{
    // A length with a higher first byte exceeds any allowed limits.message, so the byte is no length; white space is above it too.
    const byte HighestOfLength = 8;

    // The name of the port in the log.
    const string Port = "stream";

    // How long a rejected client may take to reveal the protocol in which to send the error.
    static readonly TimeSpan s_rejectionTimeout = TimeSpan.FromSeconds(1);

    /// <inheritdoc/>
    public override async Task OnConnectedAsync(ConnectionContext connection)
    {
        var entered = options.ConnectionLimiter.TryEnterStream();
        Client? client = null;
        try
        {
            (client, var encoding) = await AdmitAsync(connection, connection.Features.Get<RejectedConnection>()?.Reason ?? (entered ? null : ConnectionRejection.Full));
            if (client is not null)
            {
                connection.Features.Get<SocketPipeReader>()?.BeginSession();
                var thread = connection.Features.Get<PollingThread>() as IngestThread ?? options.Threads.Next();
                await RunAsync(options, connection.Transport, thread, client, encoding, connection.Abort);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or ConnectionResetException or ConnectionAbortedException
            or ChannelClosedException)
        {
            // The client disconnected or timed out in the handshake, or the partitions have stopped.
        }
        finally
        {
            if (entered)
            {
                options.ConnectionLimiter.LeaveStream();
            }

            if (client is not null)
            {
                options.ConnectionLimiter.Leave(client.Key.Store);
            }

            options.ConnectionLimiter.Leave(connection.Features.Get<ProxiedClient>()?.Address);
        }
    }

    /// <summary>Serves an admitted client, on either port.</summary>
    public static Task RunAsync(IngestOptions options, IDuplexPipe transport, IngestThread thread, Client client, StreamEncoding encoding, Action abort)
    {
        var connection = new ClientConnection(transport, thread, options, client, encoding, abort);
        return connection.RunAsync(encoding switch
        {
            StreamEncoding.WebSocket => new WebSocketSession(connection, options.MaxMessage),
            StreamEncoding.MessagePack => new MessagePackSession(connection, options.MaxMessage),
            _ => new LineSession(connection, options.MaxMessage),
        });
    }

    /// <summary>Performs the handshake. Nothing of it stays allocated while the client is connected.</summary>
    /// <returns>The client, who has entered the store of its key, and the answer encoding; no client if it was rejected or sent
    /// nothing.</returns>
    async Task<(Client? Client, StreamEncoding Encoding)> AdmitAsync(ConnectionContext connection, ConnectionRejection? rejection)
    {
        // Not linked to ConnectionClosed, which is cancelled once the client has sent its last byte, even if input is unread.
        using var handshake = new CancellationTokenSource(rejection is null ? options.HandshakeTimeout : s_rejectionTimeout);
        var first = await ReadFirstByteAsync(connection.Transport.Input, handshake.Token);
        switch (first)
        {
            case null:
                return default;
            case (byte)'G':
                return (await AdmitWebSocketAsync(connection, rejection, handshake.Token), StreamEncoding.WebSocket);
            case (byte)'{' or (byte)'[':
                return (await AdmitTcpAsync(connection, StreamEncoding.Lines, rejection, handshake.Token), StreamEncoding.Lines);
            case <= HighestOfLength:
                return (await AdmitTcpAsync(connection, StreamEncoding.MessagePack, rejection, handshake.Token),
                    StreamEncoding.MessagePack);
            default:
                await RejectAsync(connection.Transport.Output, StreamEncoding.Lines, new EventProblem(EventErrorCode.UnsupportedEncoding,
                    "unknown protocol; use WebSocket, JSON lines, or MessagePack with a four-byte length prefix"), handshake.Token);
                return default;
        }
    }

    async Task<Client?> AdmitWebSocketAsync(
        ConnectionContext connection, ConnectionRejection? rejection, CancellationToken cancellationToken)
    {
        var output = connection.Transport.Output;
        var head = await RequestHead.ReadAsync(connection.Transport.Input, cancellationToken);
        var problem = rejection is { } reason ? ConnectionLimiter.ProblemOf(reason)
            : head is null ? Handshake.Malformed with { Detail = "The request is not HTTP/1.1, or its head is too long." }
            : CheckHandshake(head);
        StoreKey key = null!;
        problem ??= Authenticate(connection, head!, out key);
        ProvenUser? user = null;
        if (problem is null)
        {
            (user, problem) = await Authenticator.ProveAsync(
                key, head!.QueryOf("userToken") ?? head["X-User-Token"], options.Partitions.Clock.GetUtcNow());
        }

        problem ??= options.ConnectionLimiter.TryEnter(key.Store) ? null : ConnectionLimiter.ProblemOf(ConnectionRejection.Store);
        if (problem is not null)
        {
            await RejectHttpAsync(output, problem, cancellationToken);
            if (head is null)
            {
                await GracefulClose.WaitAsync(connection.Transport.Input, isWebSocket: false);
            }

            return null;
        }

        output.Write(Encoding.ASCII.GetBytes("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            + $"Sec-WebSocket-Accept: {Handshake.AcceptOf(head!["Sec-WebSocket-Key"]!)}\r\n\r\n"));
        try
        {
            await output.FlushAsync(cancellationToken);
            return new Client(key, connection.Features.Get<ProxiedClient>()?.Address ?? RemoteOf(connection), user);
        }
        catch
        {
            options.ConnectionLimiter.Leave(key.Store);
            throw;
        }
    }

    async Task<Client?> AdmitTcpAsync(
        ConnectionContext connection, StreamEncoding encoding, ConnectionRejection? rejection, CancellationToken cancellationToken)
    {
        var transport = connection.Transport;
        if (rejection is { } reason)
        {
            await SendErrorAsync(transport.Output, encoding, reason, cancellationToken);
            return null;
        }

        var named = encoding == StreamEncoding.Lines
            ? await TcpHandshake.ReadLineAsync(transport.Input, options.MaxMessage, cancellationToken)
            : await TcpHandshake.ReadMessageAsync(transport.Input, options.MaxMessage, cancellationToken);
        var sender = new KeySender(RemoteOf(connection));
        var problem = named is null && options.TcpKey is { } tcpKey
            ? Authenticator.Admit(tcpKey, sender, out var key) : Authenticator.Admit(options.Stores, named, sender, out key);
        if (problem is not null)
        {
            options.Refusals?.Add(problem, sender.Address, Port);
            await RejectAsync(transport.Output, encoding, new EventProblem(EventErrorCode.UnknownKey, problem.Detail), cancellationToken);
            return null;
        }

        if (!options.ConnectionLimiter.TryEnter(key.Store))
        {
            await SendErrorAsync(transport.Output, encoding, ConnectionRejection.Store, cancellationToken);
            return null;
        }

        return new Client(key, RemoteOf(connection));
    }

    HttpProblem? Authenticate(ConnectionContext connection, RequestHead head, out StoreKey key)
    {
        var peer = RemoteOf(connection);
        var client = options.Proxies.Resolve(peer, head.Headers);
        var problem = Authenticator.Admit(options.Stores, Authenticator.KeyOf(head.QueryOf("key"), head["X-Api-Key"], head["Authorization"]),
            new KeySender(client, head.Headers), out key);
        if (problem is not null)
        {
            options.Refusals?.Add(problem, client, Port);
            return problem;
        }

        // A proxy's connection was not counted for its address, because it is its client's.
        if (client is null || client.Equals(peer))
        {
            return null;
        }

        if (!options.ConnectionLimiter.TryEnter(client))
        {
            return ConnectionLimiter.ProblemOf(ConnectionRejection.Address);
        }

        connection.Features.Set(new ProxiedClient(client));
        return null;
    }

    static HttpProblem? CheckHandshake(RequestHead head) =>
        head.Path != "/v1/stream" ? new HttpProblem(404, "not_found", "This port serves /v1/stream; the API is on the HTTP port.")
        : head["Host"] is null ? Handshake.Malformed with { Detail = "A request needs a Host." }
        : head["Transfer-Encoding"] is not null || head["Content-Length"] is not (null or "0")
            ? Handshake.Malformed with { Detail = "A handshake has no body." }
        : !Handshake.HasToken(head["Upgrade"], "websocket") || !Handshake.HasToken(head["Connection"], "Upgrade")
            ? Handshake.UpgradeRequired
        : head["Sec-WebSocket-Version"] != "13" ? Handshake.UnsupportedVersion
        : !Handshake.IsValidKey(head["Sec-WebSocket-Key"]) ? Handshake.Malformed
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

    static async Task RejectHttpAsync(PipeWriter output, HttpProblem problem, CancellationToken cancellationToken)
    {
        var body = problem.ToJson();
        var version = problem.Status == 426 ? "Sec-WebSocket-Version: 13\r\nUpgrade: websocket\r\n" : "";
        output.Write(Encoding.ASCII.GetBytes($"HTTP/1.1 {problem.Status} {problem.Title}\r\nContent-Type: {HttpProblem.MediaType}\r\n"
            + $"Content-Length: {body.Length}\r\n{version}X-Content-Type-Options: nosniff\r\nCache-Control: no-store\r\n"
            + "Content-Security-Policy: default-src 'none'; frame-ancestors 'none'\r\nConnection: close\r\n\r\n"));
        output.Write(body.Span);
        await output.FlushAsync(cancellationToken);
    }

    async Task RejectAsync(PipeWriter output, StreamEncoding encoding, EventProblem problem, CancellationToken cancellationToken)
    {
        options.Counters.AddReceived(Protocol.Tcp, 1);
        options.Counters.AddRejected(problem.Error);
        await SendErrorAsync(output, encoding, problem.Code, problem.Message, cancellationToken);
    }

    Task SendErrorAsync(PipeWriter output, StreamEncoding encoding, ConnectionRejection rejection, CancellationToken cancellationToken)
    {
        var problem = ConnectionLimiter.ProblemOf(rejection);
        var code = rejection == ConnectionRejection.Full ? "overloaded" : problem.Code;
        return SendErrorAsync(output, encoding, code, problem.Detail, cancellationToken);
    }

    async Task SendErrorAsync(PipeWriter output, StreamEncoding encoding, string code, string message, CancellationToken cancellationToken)
    {
        var answer = new Outbound(output, encoding, options.MaxUnsent, options.Unread, onTooSlow: () => { });
        answer.TrySendError(0, code, message);
        answer.Close();
        await answer.Closed.WaitAsync(cancellationToken);
    }
}
