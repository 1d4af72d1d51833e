using System.Net;
using System.Net.Sockets;
using CartRecovery.Engine.Ingest.Streams.Transport;

namespace CartRecovery.Tests.Ingest.Streams.Transport;

/// <summary>A polling thread whose gate the test holds, and pairs of connected sockets that it reads.</summary>
sealed class PollingReader : PollingThread
{
    readonly List<IDisposable> _open = [];
    bool _mayRead = true;
    int _maxRead = ReadSize;

    public PollingReader()
        : base("test streams")
    {
    }

    /// <summary>The number of rounds.</summary>
    public int Rounds { get; private set; }

    public bool IsGateOpen
    {
        set
        {
            Volatile.Write(ref _mayRead, value);
            Wake();
        }
    }

    public int ReadLimit
    {
        set => Volatile.Write(ref _maxRead, value);
    }

    protected override bool MayRead => Volatile.Read(ref _mayRead);

    /// <summary>Connects a client.</summary>
    /// <returns>The client's socket, and the reader of the other end, past its handshake.</returns>
    public (Socket Client, SocketPipeReader Reader, Socket Server) Connect(bool isSession = true)
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        client.Connect(listener.LocalEndPoint!);
        var server = listener.Accept();
        server.Blocking = false;
        var reader = new SocketPipeReader(server, this);
        if (isSession)
        {
            reader.BeginSession(() => Volatile.Read(ref _maxRead));
        }

        _open.AddRange([client, server]);
        return (client, reader, server);
    }

    /// <summary>Closes the sockets and stops the thread.</summary>
    public void Close()
    {
        _open.ForEach(socket => socket.Dispose());
        Dispose();
    }

    protected override void EndRound() => Rounds++;
}
