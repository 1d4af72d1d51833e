using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using CartRecovery.Contracts;

namespace CartRecovery.Plugins.TestKit;

/// <summary>An HTTP server on a free loopback port that supports every behaviour. Each accepted request counts as one delivery.</summary>
public sealed class HttpReceiver : SinkReceiver
{
    readonly ConcurrentQueue<string> _received = [];
    readonly ConcurrentDictionary<Socket, bool> _open = [];
    readonly CancellationTokenSource _stop = new();
    readonly int _port;
    Socket? _listener;
    int _opened;
    volatile ReceiverBehaviour _behaviour;

    /// <summary>Starts the server.</summary>
    /// <param name="settings">Creates a sink's settings from the server's address, <c>http://127.0.0.1:port</c>.</param>
    public HttpReceiver(Func<string, Dictionary<string, OptionValue>> settings)
    {
        _listener = Listen(0);
        _port = ((IPEndPoint)_listener.LocalEndPoint!).Port;
        Settings = settings(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{_port}"));
        _ = AcceptAsync(_listener);
    }

    /// <summary>
    /// Answers requests that are not deliveries, such as for an access token, with a JSON body; <see langword="null"/> for deliveries.
    /// </summary>
    public Func<string, string?> Responder { get; init; } = _ => null;

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, OptionValue> Settings { get; }

    /// <inheritdoc/>
    public override IReadOnlyList<ReceiverBehaviour> Behaviours => Enum.GetValues<ReceiverBehaviour>();

    /// <inheritdoc/>
    public override int Opened => Volatile.Read(ref _opened);

    /// <inheritdoc/>
    public override IReadOnlyList<string> Received => [.. _received];

    /// <inheritdoc/>
    public override ValueTask SetAsync(ReceiverBehaviour behaviour)
    {
        _behaviour = behaviour;
        if (behaviour == ReceiverBehaviour.RefuseConnections)
        {
            Close();
        }
        else if (_listener is null)
        {
            _ = AcceptAsync(_listener = Listen(_port));
        }

        return default;
    }

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        Close();
        _stop.Dispose();
        await base.DisposeAsync();
    }

    static Socket Listen(int port)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, optionValue: true);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
        socket.Listen();
        return socket;
    }

    void Close()
    {
        _listener?.Dispose();
        _listener = null;
        foreach (var socket in _open.Keys)
        {
            socket.Dispose();
        }
    }

    async Task AcceptAsync(Socket listener)
    {
        try
        {
            while (true)
            {
                var socket = await listener.AcceptAsync(_stop.Token);
                Interlocked.Increment(ref _opened);
                _ = ServeAsync(socket);
            }
        }
        catch (Exception closed) when (closed is SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // The listener was stopped; connections are refused from now on.
        }
    }

    async Task ServeAsync(Socket socket)
    {
        _open[socket] = true;
        try
        {
            using var stream = new NetworkStream(socket, ownsSocket: true);
            while (await HttpRequestText.ReadAsync(stream, _stop.Token) is { } request)
            {
                var other = Responder(request);
                var behaviour = other is null ? _behaviour : ReceiverBehaviour.Accept;
                if (behaviour == ReceiverBehaviour.Hang)
                {
                    await Task.Delay(Timeout.Infinite, _stop.Token);
                }

                if (behaviour == ReceiverBehaviour.Accept && other is null)
                {
                    _received.Enqueue(request);
                }

                await stream.WriteAsync(Encoding.UTF8.GetBytes(Response(behaviour, other ?? "{}")), _stop.Token);
            }
        }
        catch (Exception closed) when (closed is IOException or SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // The sink or the kit closed the connection.
        }
        finally
        {
            _open.TryRemove(socket, out _);
        }
    }

    static string Response(ReceiverBehaviour behaviour, string body)
    {
        var status = behaviour switch
        {
            ReceiverBehaviour.FailTemporarily => "500 Internal Server Error",
            ReceiverBehaviour.Throttle => FormattableString.Invariant($"429 Too Many Requests\r\nRetry-After: {RetryAfter.TotalSeconds}"),
            ReceiverBehaviour.RejectPermanently => "400 Bad Request",
            _ => "200 OK",
        };
        return FormattableString.Invariant(
            $"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {Encoding.UTF8.GetByteCount(body)}\r\n\r\n{body}");
    }
}
