using System.Globalization;
using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;

namespace CartRecovery.Engine.Ingest.Streams.Transport;

/// <summary>
/// A client's socket as two pipes with nothing between them and the socket: a read waits, without a buffer, until there is something, and takes
/// up to <see cref="ReadSize"/>; a flush writes. How much waits either way is for whoever uses it to bound.
/// </summary>
sealed class SocketConnection : ConnectionContext, IDuplexPipe, IConnectionLifetimeFeature
{
    /// <summary>The most that one read takes, in bytes.</summary>
    public const int ReadSize = 64 * 1024;

    // A read into less room than this would rather begin a new buffer.
    const int SmallestRead = 4 * 1024;

    // Kestrel and TLS note about as many things about a connection.
    const int UsualFeatures = 4;

    static readonly StreamPipeReaderOptions s_reading =
        new(bufferSize: ReadSize, minimumReadSize: SmallestRead, leaveOpen: true, useZeroByteReads: true);

    static readonly StreamPipeWriterOptions s_writing = new(minimumBufferSize: 512, leaveOpen: true);

    static long s_lastId;

    readonly Socket _socket;
    readonly CancellationTokenSource _closed = new();
    IDictionary<object, object?>? _items;
    string? _id;
    int _isClosed;

    /// <param name="socket">Accepted; closed with the connection.</param>
    /// <param name="local">Where it was accepted.</param>
    public SocketConnection(Socket socket, EndPoint local)
    {
        _socket = socket;
        LocalEndPoint = local;
        RemoteEndPoint = socket.RemoteEndPoint;
        ConnectionClosed = _closed.Token;
        var stream = new NetworkStream(socket, ownsSocket: false);
        Input = PipeReader.Create(stream, s_reading);
        Output = PipeWriter.Create(stream, s_writing);
        Transport = this;
        Features.Set<IConnectionLifetimeFeature>(this);
    }

    public PipeReader Input { get; }

    public PipeWriter Output { get; }

    public override IDuplexPipe Transport { get; set; }

    public override string ConnectionId
    {
        get => _id ??= Interlocked.Increment(ref s_lastId).ToString(CultureInfo.InvariantCulture);
        set => _id = value;
    }

    public override IFeatureCollection Features { get; } = new FeatureCollection(UsualFeatures);

    public override IDictionary<object, object?> Items
    {
        get => _items ??= new Dictionary<object, object?>();
        set => _items = value;
    }

    public override void Abort(ConnectionAbortedException abortReason) => Close(abruptly: true);

    public override ValueTask DisposeAsync()
    {
        Close(abruptly: false);
        Input.Complete();
        _closed.Dispose();
        return ValueTask.CompletedTask;
    }

    void Close(bool abruptly)
    {
        if (Interlocked.Exchange(ref _isClosed, 1) != 0)
        {
            return;
        }

        try
        {
            if (abruptly)
            {
                // What the client did not read by now is not waited for: a reset.
                _socket.LingerState = new LingerOption(enable: true, seconds: 0);
            }
            else
            {
                _socket.Shutdown(SocketShutdown.Both);
            }
        }
        catch (SocketException)
        {
            // The client was first.
        }

        _socket.Dispose();
        _closed.Cancel();
    }
}
