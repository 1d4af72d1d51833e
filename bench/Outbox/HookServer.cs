using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace CartRecovery.Bench.Outbox;

/// <summary>
/// A webhook's other end that does as little as can be, so that the processor is the engine's: it notes the id of each post and says 204. A thread for
/// each connection, which a sink has few of.
/// </summary>
sealed class HookServer : IDisposable
{
    static readonly byte[] s_answer = "HTTP/1.1 204 No Content\r\n\r\n"u8.ToArray();

    readonly ConcurrentDictionary<UInt128, byte> _ids = new();
    readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    long _posts;

    /// <summary>Starts one on a free port.</summary>
    public HookServer()
    {
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen();
        new Thread(Accept) { IsBackground = true }.Start();
    }

    /// <summary>Where it listens.</summary>
    public int Port => ((IPEndPoint)_listener.LocalEndPoint!).Port;

    /// <summary>Posts that came.</summary>
    public long Posts => Interlocked.Read(ref _posts);

    /// <summary>Different ids among them.</summary>
    public int Ids => _ids.Count;

    /// <inheritdoc/>
    public void Dispose() => _listener.Dispose();

    void Accept()
    {
        try
        {
            while (true)
            {
                var connection = _listener.Accept();
                connection.NoDelay = true;
                new Thread(() => Serve(connection)) { IsBackground = true }.Start();
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // It was disposed of.
        }
    }

    void Serve(Socket connection)
    {
        using var own = connection;
        var buffer = new byte[64 * 1024];
        var length = 0;
        try
        {
            while (connection.Receive(buffer.AsSpan(length)) is var read and > 0)
            {
                length += read;
                while (Take(buffer.AsSpan(0, length)) is var taken and > 0)
                {
                    buffer.AsSpan(taken, length - taken).CopyTo(buffer);
                    length -= taken;
                    connection.Send(s_answer);
                }
            }
        }
        catch (SocketException)
        {
            // The engine cut it.
        }
    }

    // A post's length, when it is there as a whole.
    int Take(ReadOnlySpan<byte> posted)
    {
        var end = posted.IndexOf("\r\n\r\n"u8);
        if (end < 0)
        {
            return 0;
        }

        var head = posted[..(end + 2)];
        var length = end + 4 + int.Parse(HeaderOf(head, "\r\nContent-Length: "u8), CultureInfo.InvariantCulture);
        if (posted.Length < length)
        {
            return 0;
        }

        Interlocked.Increment(ref _posts);
        _ids.TryAdd(UInt128.Parse(HeaderOf(head, "\r\nwebhook-id: iv_"u8), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture), 0);
        return length;
    }

    static ReadOnlySpan<byte> HeaderOf(ReadOnlySpan<byte> head, ReadOnlySpan<byte> name)
    {
        var value = head[(head.IndexOf(name) + name.Length)..];
        return value[..value.IndexOf((byte)'\r')];
    }
}
