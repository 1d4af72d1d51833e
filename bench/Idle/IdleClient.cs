using System.Net;
using System.Net.Sockets;
using System.Text;
using CartRecovery.Bench.Load;

namespace CartRecovery.Bench.Idle;

/// <summary>An idle WebSocket that only answers and counts pings.</summary>
sealed class IdleClient : IDisposable
{
    const string Nonce = "dGhlIHNhbXBsZSBub25jZQ==";

    // Room for a response head and for several heartbeats.
    const int Buffer = 512;

    readonly Socket _socket;
    byte[] _input = new byte[Buffer];
    int _end;
    int _pings;
    long _endedAt;

    IdleClient(Socket socket) => _socket = socket;

    /// <summary>Pings answered.</summary>
    public int Pings => Volatile.Read(ref _pings);

    /// <summary>Whether the engine closed the connection or violated the protocol.</summary>
    public bool Ended => Volatile.Read(ref _endedAt) != 0;

    /// <summary>When it ended, by <see cref="Clock"/>.</summary>
    public long EndedAt => Volatile.Read(ref _endedAt);

    /// <summary>Connects from a given local address and upgrades.</summary>
    /// <param name="source">The local address; each has about 28,000 ports.</param>
    /// <param name="target">The engine's stream.</param>
    /// <param name="first">An event to send after the upgrade, masked; empty for none.</param>
    /// <exception cref="LoadException">The engine rejected it.</exception>
    /// <exception cref="SocketException">The engine is unreachable.</exception>
    public static async Task<IdleClient> OpenAsync(IPAddress source, Target target, ReadOnlyMemory<byte> first)
    {
        var client = new IdleClient(new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true });
        try
        {
            client._socket.Bind(new IPEndPoint(source, 0));
            await client._socket.ConnectAsync(new IPEndPoint(IPAddress.Parse(target.Host), target.Port));
            await client._socket.SendAsync(Encoding.ASCII.GetBytes(
                $"GET {target.Path} HTTP/1.1\r\nHost: {target.Host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                + $"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {Nonce}\r\nX-Api-Key: {target.Key}\r\n\r\n"));
            await client.ReadHeadAsync();
            if (first.Length > 0)
            {
                await client._socket.SendAsync(first);
            }

            return client;
        }
        catch
        {
            client.Dispose();
            throw;
        }
    }

    /// <summary>Answers pings until the engine closes the connection.</summary>
    public async Task StayAsync()
    {
        try
        {
            while (TakeFrames())
            {
                // Holds no buffer while idle.
                if (_end == 0)
                {
                    await _socket.ReceiveAsync(Memory<byte>.Empty);
                }

                var got = await _socket.ReceiveAsync(_input.AsMemory(_end));
                if (got == 0)
                {
                    break;
                }

                _end += got;
            }
        }
        catch (Exception gone) when (gone is SocketException or ObjectDisposedException)
        {
            // Reported by Ended.
        }

        Volatile.Write(ref _endedAt, Clock.Now());
    }

    /// <inheritdoc/>
    public void Dispose() => _socket.Dispose();

    async Task ReadHeadAsync()
    {
        var at = -1;
        while (at < 0)
        {
            if (_end == _input.Length)
            {
                Array.Resize(ref _input, 2 * _input.Length);
            }

            var got = await _socket.ReceiveAsync(_input.AsMemory(_end));
            _end += got;
            at = _input.AsSpan(0, _end).IndexOf("\r\n\r\n"u8);
            if (got == 0 || (at >= 0 && !_input.AsSpan().StartsWith("HTTP/1.1 101"u8)))
            {
                throw new LoadException($"the engine rejected the handshake: {Encoding.ASCII.GetString(_input.AsSpan(0, _end))}");
            }
        }

        Forget(at + 4);
    }

    bool TakeFrames()
    {
        Span<byte> pong = stackalloc byte[Frames.MaxHeaderLength + 125];
        var at = 0;
        while (Frames.Read(_input.AsSpan(at, _end - at), out var opcode, out var payload) is var length and not 0)
        {
            if (length < 0 || opcode == Frames.Close)
            {
                return false;
            }

            at += length;
            if (opcode == Frames.Ping)
            {
                var head = Frames.WriteHeader(pong, Frames.Pong, payload.Length, mask: 0);
                payload.CopyTo(pong[head..]);
                _socket.Send(pong[..(head + payload.Length)]);
                _pings++;
            }
        }

        Forget(at);
        return _end < _input.Length;
    }

    void Forget(int count)
    {
        _input.AsSpan(count.._end).CopyTo(_input);
        _end -= count;
    }
}
