using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using System.Text;
using System.Threading.Channels;
using CartRecovery.Engine.ControlPlane.Keys;
using CartRecovery.Engine.Events;
using CartRecovery.Engine.Events.Identity;
using CartRecovery.Engine.Ingest.Access;
using CartRecovery.Engine.Ingest.Bots;
using CartRecovery.Engine.Ingest.Connections;
using CartRecovery.Engine.Ingest.Connections.Output;
using CartRecovery.Engine.Ingest.Limits;
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

    // The longest first message that may hold a key: whoever has not authenticated uses little memory.
    const int MaxKeyMessage = 4 * 1024;

    // How long a rejected client may take to reveal the protocol in which to send the error.
    static readonly TimeSpan s_rejectionTimeout = TimeSpan.FromSeconds(1);

    /// <inheritdoc/>
    public override async Task OnConnectedAsync(ConnectionContext connection)
    {
        Client? client = null;
        try
        {
            (client, var encoding) = await AdmitAsync(connection, connection.Features.Get<RejectedConnection>()?.Reason);
            if (client is not null)
            {
                connection.Features.Get<SocketPipeReader>()?.BeginSession(options.Incomplete.ReadLimitOf(client.Key.Kind));
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
            if (client is not null)
            {
                options.ConnectionLimiter.ReleaseStream(client.Key.Store);
            }

            options.ConnectionLimiter.ReleaseAddress(connection.Features.Get<ProxiedClient>()?.Address);
        }
    }

    /// <summary>Serves an admitted client, on either port.</summary>
    public static Task RunAsync(
        IngestOptions options, IDuplexPipe transport, IngestThread thread, Client client, StreamEncoding encoding, Action abort)
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
    /// <returns>The client, which counts as a stream, and the answer encoding; none if it was rejected or sent nothing.</returns>
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
        var peer = RemoteOf(connection);
        var address = head is null ? peer : options.Proxies.Resolve(peer, head.Headers);
        problem ??= Authenticate(address, head!, connection.Features.Get<ConnectionKey>()?.Key, out key);
        var limited = head is null ? null : options.Rates.TryOpen(address, problem is null ? key : null);
        problem = limited is null ? problem : RateLimits.Exceeded;
        ProvenUser? user = null;
        if (problem is null)
        {
            (user, problem) = Authenticator.ValidateUserToken(
                key, head!.QueryOf("userToken") ?? head["X-User-Token"], options.Partitions.Clock.GetUtcNow());
        }

        problem ??= EnterProxied(connection, address) ? null : ConnectionLimiter.ProblemOf(ConnectionRejection.Address);
        problem ??= options.ConnectionLimiter.TryReserveStream(key.Store) is { } full ? ConnectionLimiter.ProblemOf(full) : null;
        if (problem is not null)
        {
            await RejectHttpAsync(output, problem, limited, cancellationToken);
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
            connection.Features.Get<UnauthenticatedConnection>()?.Leave();
            await output.FlushAsync(cancellationToken);
            return new Client(key, address, user) { Bot = BotDetector.Of(key, head["User-Agent"], head.QueryOf(BotDetector.WebDriver)) };
        }
        catch
        {
            options.ConnectionLimiter.ReleaseStream(key.Store);
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

        // A longer first message is no key, so it is not waited for.
        var maxFirst = Math.Min(options.MaxMessage, MaxKeyMessage);
        var named = encoding == StreamEncoding.Lines
            ? await TcpHandshake.ReadLineAsync(transport.Input, maxFirst, cancellationToken)
            : await TcpHandshake.ReadMessageAsync(transport.Input, maxFirst, cancellationToken);
        var context = new AuthenticationContext(RemoteOf(connection));
        var problem = named is null && (connection.Features.Get<ConnectionKey>()?.Key ?? options.TcpKey) is { } tcpKey
            ? Authenticator.Authenticate(tcpKey, context, out var key)
            : Authenticator.Authenticate(options.Stores, named, context, out key);
        problem ??= Authenticator.CheckSender(key) ?? QuotaProblem.Of(options.Usage, key);
        if (options.Rates.TryOpen(context.Address, problem is null ? key : null) is not null)
        {
            await SendErrorAsync(transport.Output, encoding, RateLimits.Exceeded.Code, "too many connections in a short time; retry later",
                cancellationToken);
            return null;
        }

        if (problem is not null)
        {
            options.AccessRejections?.Add(problem, context.Address, Port);
            if (problem.Code == Authenticator.ScopeRequired.Code || problem.Code == QuotaProblem.Exceeded.Code)
            {
                await SendErrorAsync(transport.Output, encoding, problem.Code, problem.Detail, cancellationToken);
                return null;
            }

            await RejectAsync(transport.Output, encoding, new EventProblem(EventErrorCode.UnknownKey, problem.Detail), cancellationToken);
            return null;
        }

        if (options.ConnectionLimiter.TryReserveStream(key.Store) is { } full)
        {
            await SendErrorAsync(transport.Output, encoding, full, cancellationToken);
            return null;
        }

        connection.Features.Get<UnauthenticatedConnection>()?.Leave();
        return new Client(key, context.Address);
    }

    HttpProblem? Authenticate(IPAddress? address, RequestHead head, StoreKey? own, out StoreKey key)
    {
        var sent = Authenticator.KeyOf(head.QueryOf("key"), head["X-Api-Key"], head["Authorization"]);
        var context = new AuthenticationContext(address, head.Headers);
        var problem = string.IsNullOrEmpty(sent) && own is not null
            ? Authenticator.Authenticate(own, context, out key) : Authenticator.Authenticate(options.Stores, sent, context, out key);
        problem ??= Authenticator.CheckSender(key) ?? QuotaProblem.Of(options.Usage, key);
        if (problem is not null)
        {
            options.AccessRejections?.Add(problem, address, Port);
        }

        return problem;
    }

    // A proxy's connection was not counted for its address, because it is its client's.
    bool EnterProxied(ConnectionContext connection, IPAddress? client)
    {
        if (client is null || client.Equals(RemoteOf(connection)))
        {
            return true;
        }

        if (!options.ConnectionLimiter.TryReserveAddress(client))
        {
            return false;
        }

        connection.Features.Set(new ProxiedClient(client));
        return true;
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
        // Also over a byte order mark, none of whose bytes begins anything else.
        reader.AdvancePastAny([(byte)' ', (byte)'\t', (byte)'\r', (byte)'\n', 0xef, 0xbb, 0xbf]);
        return reader.UnreadSequence;
    }

    static async Task RejectHttpAsync(PipeWriter output, HttpProblem problem, RateRejection? limited, CancellationToken cancellationToken)
    {
        var body = problem.ToJson();
        var more = problem.Status == 426 ? "Sec-WebSocket-Version: 13\r\nUpgrade: websocket\r\n"
            : limited is { } rate ? $"Retry-After: {rate.Seconds}\r\n" : "";
        output.Write(Encoding.ASCII.GetBytes($"HTTP/1.1 {problem.Status} {problem.Title}\r\nContent-Type: {HttpProblem.MediaType}\r\n"
            + $"Content-Length: {body.Length}\r\n{more}X-Content-Type-Options: nosniff\r\nCache-Control: no-store\r\n"
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
        var answer = new Outbound(output, encoding, options.MaxUnsolicitedBytes, options.Unread, onTooSlow: () => { });
        answer.TrySendError(0, code, message);
        answer.Close();
        await answer.Closed.WaitAsync(cancellationToken);
    }
}
