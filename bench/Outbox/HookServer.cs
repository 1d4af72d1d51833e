using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace CartRecovery.Bench.Outbox;

/// <summary>
/// A minimal webhook receiver, to leave the CPU to the engine: records the ids of each post and answers 204. One thread per
/// connection, because a sink has few.
/// </summary>
sealed class HookServer : IDisposable
{
    static readonly byte[] s_answer = "HTTP/1.1 204 No Content\r\n\r\n"u8.ToArray();

    readonly ConcurrentDictionary<UInt128, byte> _ids = new();
    readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    long _posts;

    /// <summary>Starts a receiver on a free port.</summary>
    public HookServer()
    {
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen();
        new Thread(Accept) { IsBackground = true }.Start();
    }

    /// <summary>The port it listens on.</summary>
    public int Port => ((IPEndPoint)_listener.LocalEndPoint!).Port;

    /// <summary>Posts received.</summary>
    public long Posts => Interlocked.Read(ref _posts);

    /// <summary>Distinct ids received.</summary>
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
            // The server was disposed.
        }
    }

    void Serve(Socket connection)
    {
        using var own = connection;
        var buffer = new byte[1 << 20];
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
            // The engine closed the connection.
        }
    }

    // The length of the first post; 0 if it is incomplete.
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
        var id = HeaderOf(head, "\r\nwebhook-id: "u8);
        if (id.StartsWith("iv_"u8))
        {
            Add(id["iv_"u8.Length..]);
            return length;
        }

        // Several in one post.
        var body = posted[(end + 4)..length];
        for (var at = body.IndexOf(ItemId); at >= 0; at = body.IndexOf(ItemId))
        {
            body = body[(at + ItemId.Length)..];
            Add(body[..body.IndexOf((byte)'"')]);
        }

        return length;
    }

    static ReadOnlySpan<byte> ItemId => "{\"id\":\"iv_"u8;

    void Add(ReadOnlySpan<byte> id) => _ids.TryAdd(UInt128.Parse(id, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture), 0);

    static ReadOnlySpan<byte> HeaderOf(ReadOnlySpan<byte> head, ReadOnlySpan<byte> name)
    {
        var value = head[(head.IndexOf(name) + name.Length)..];
        return value[..value.IndexOf((byte)'\r')];
    }
}
