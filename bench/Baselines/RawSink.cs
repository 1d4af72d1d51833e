using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using CartRecovery.Engine.Ingest.Streams.WebSocket;

namespace CartRecovery.Bench.Baselines;

/// <summary>
/// The simplest sink: one blocking thread per connection, which jumps from one WebSocket header to the next without unmasking or
/// validating, and acknowledges once per read. Compared with <see cref="SinkServer"/>, it shows the cost of Kestrel and the protocol.
/// </summary>
sealed class RawSink : IAsyncDisposable
{
    const int BufferBytes = 256 * 1024;
    const int MaxHead = 8 * 1024;
    const string KeyHeader = "Sec-WebSocket-Key:";

    readonly Socket _listener;
    readonly int _perMessage;

    RawSink(Socket listener, int perMessage) => (_listener, _perMessage) = (listener, perMessage);

    /// <summary>The port it listens on.</summary>
    public int Port => ((IPEndPoint)_listener.LocalEndPoint!).Port;

    /// <summary>Starts to listen on loopback, for WebSockets.</summary>
    /// <param name="port">0 for any free one.</param>
    /// <param name="perMessage">Events per message.</param>
    /// <exception cref="IOException">The port is taken.</exception>
    public static RawSink Start(int port, int perMessage)
    {
        var listener = new Socket(SocketType.Stream, ProtocolType.Tcp);
        try
        {
            listener.Bind(new IPEndPoint(IPAddress.Loopback, port));
            listener.Listen();
        }
        catch (SocketException taken)
        {
            listener.Dispose();
            throw new IOException(taken.Message, taken);
        }

        var sink = new RawSink(listener, perMessage);
        new Thread(sink.Accept) { IsBackground = true, Name = "sink" }.Start();
        return sink;
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        _listener.Dispose();
        return ValueTask.CompletedTask;
    }

    void Accept()
    {
        try
        {
            while (true)
            {
                var socket = _listener.Accept();
                new Thread(() => Serve(socket)) { IsBackground = true, Name = "sink" }.Start();
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The server was stopped.
        }
    }

    void Serve(Socket socket)
    {
        using var owned = socket;
        try
        {
            socket.NoDelay = true;
            if (!PrintSummary(socket))
            {
                return;
            }

            var counter = new MessageCounter(Wire.Frames);
            var buffer = new byte[BufferBytes];
            var ack = new byte[64];
            long events = 0;
            while (!counter.IsClosed && socket.Receive(buffer) is > 0 and var got)
            {
                var messages = counter.Count(buffer.AsSpan(0, got));
                if (messages > 0)
                {
                    events += (long)messages * _perMessage;
                    socket.Send(ack.AsSpan(0, WriteAck(ack, events)));
                }
            }
        }
        catch (SocketException)
        {
            // The client disconnected.
        }
    }

    // A client sends nothing more before the answer, so what was read ends with the head.
    static bool PrintSummary(Socket socket)
    {
        var head = "";
        var buffer = new byte[MaxHead];
        while (!head.EndsWith("\r\n\r\n", StringComparison.Ordinal))
        {
            var got = socket.Receive(buffer);
            if (got == 0 || head.Length > MaxHead)
            {
                return false;
            }

            head += Encoding.Latin1.GetString(buffer.AsSpan(0, got));
        }

        var key = head.Split("\r\n").FirstOrDefault(line => line.StartsWith(KeyHeader, StringComparison.OrdinalIgnoreCase))?[KeyHeader.Length..].Trim();
        if (!Handshake.IsValidKey(key))
        {
            return false;
        }

        socket.Send(Encoding.ASCII.GetBytes("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            + $"Sec-WebSocket-Accept: {Handshake.AcceptOf(key!)}\r\n\r\n"));
        return true;
    }

    static int WriteAck(Span<byte> frame, long upTo)
    {
        System.Text.Unicode.Utf8.TryWrite(frame[2..], CultureInfo.InvariantCulture, $"{{\"type\":\"ack\",\"upTo\":{upTo}}}", out var length);
        (frame[0], frame[1]) = (0x81, (byte)length);
        return length + 2;
    }
}
