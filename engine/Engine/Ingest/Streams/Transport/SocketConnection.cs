using System.Globalization;
using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;

namespace CartRecovery.Engine.Ingest.Streams.Transport;

/// <summary>
/// A client's socket as two pipes without intermediate buffers: a read waits without a buffer, then takes up to
/// <see cref="PollingThread.ReadSize"/> bytes; a flush writes. The user must bound what is pending in either direction.
/// </summary>
sealed class SocketConnection : ConnectionContext, IDuplexPipe, IConnectionLifetimeFeature, IConnectionSocketFeature
{
    // Where the runtime reads: start a new buffer instead of reading into less room than this.
    const int MinReadSize = 4 * 1024;

    // About as many features as Kestrel and TLS set on a connection.
    const int ExpectedFeatures = 8;

    static readonly StreamPipeReaderOptions s_reading =
        new(bufferSize: PollingThread.ReadSize, minimumReadSize: MinReadSize, leaveOpen: true, useZeroByteReads: true);

    static readonly StreamPipeWriterOptions s_writing = new(minimumBufferSize: 512, leaveOpen: true);

    static long s_lastId;

    readonly Socket _socket;
    readonly SocketPipeReader? _reader;
    readonly CancellationTokenSource _closed = new();
    IDictionary<object, object?>? _items;
    string? _id;
    int _isClosed;

    /// <param name="socket">An accepted socket; closed with the connection.</param>
    /// <param name="local">The local endpoint.</param>
    /// <param name="thread">Reads the socket, where it can; the user finds it among the features.</param>
    public SocketConnection(Socket socket, EndPoint local, PollingThread thread)
    {
        _socket = socket;
        LocalEndPoint = local;
        RemoteEndPoint = socket.RemoteEndPoint;
        ConnectionClosed = _closed.Token;
        var stream = new NetworkStream(socket, ownsSocket: false);
        if (PollingThread.IsSupported)
        {
            // The stream requires a blocking socket when it is created, not afterwards.
            socket.Blocking = false;
            Input = _reader = new SocketPipeReader(socket, thread);
            Features.Set(_reader);
        }
        else
        {
            Input = PipeReader.Create(stream, s_reading);
        }

        Output = PipeWriter.Create(stream, s_writing);
        Transport = this;
        Features.Set(thread);
        Features.Set<IConnectionLifetimeFeature>(this);
        Features.Set<IConnectionSocketFeature>(this);
    }

    /// <inheritdoc/>
    public Socket Socket => _socket;

    public PipeReader Input { get; }

    public PipeWriter Output { get; }

    public override IDuplexPipe Transport { get; set; }

    public override string ConnectionId
    {
        get => _id ??= Interlocked.Increment(ref s_lastId).ToString(CultureInfo.InvariantCulture);
        set => _id = value;
    }

    public override IFeatureCollection Features { get; } = new FeatureCollection(ExpectedFeatures);

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
                // Do not wait for a client with unread output: reset.
                _socket.LingerState = new LingerOption(enable: true, seconds: 0);
            }
            else
            {
                _socket.Shutdown(SocketShutdown.Both);
            }
        }
        catch (SocketException)
        {
            // The client closed first.
        }

        _socket.Dispose();
        _reader?.Abort();
        try
        {
            _closed.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // An abort that races the end of the connection.
        }
    }
}
