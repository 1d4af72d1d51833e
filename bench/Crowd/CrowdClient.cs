using System.Net.Sockets;
using CartRecovery.Bench.Load;

namespace CartRecovery.Bench.Crowd;

/// <summary>One of many connections of a crowd. Its socket is non-blocking; it holds no buffer of its own while nothing is in flight.</summary>
sealed class CrowdClient : IDisposable
{
    // Both ends are on one machine, so an answer that is not read soon fills this.
    const int SmallBuffer = 4 * 1024;

    readonly Socket _socket;
    byte[] _rest = [];
    ReadOnlyMemory<byte> _unsent;
    long _acked;

    CrowdClient(Socket socket) => _socket = socket;

    /// <summary>Events acknowledged.</summary>
    public long Acked => Volatile.Read(ref _acked);

    /// <summary>Bytes sent.</summary>
    public long SentBytes { get; private set; }

    /// <summary>Whether the engine closed the connection.</summary>
    public bool Ended { get; private set; }

    /// <summary>Connects and authenticates.</summary>
    /// <param name="target">The engine's stream.</param>
    /// <param name="reads">Whether the client will read answers; if not, its receive buffer is small.</param>
    /// <exception cref="LoadException">The engine rejected it.</exception>
    public static CrowdClient Open(Target target, bool reads) =>
        new(target.Connect(reads ? 0 : SmallBuffer));

    /// <summary>Sends bytes, or what is left of an earlier call's, as far as the socket takes them without waiting.</summary>
    /// <param name="next">Returns the bytes, if nothing is left unsent. They must not change until they are sent.</param>
    /// <returns>Whether all are sent.</returns>
    public bool Send(Func<ReadOnlyMemory<byte>> next)
    {
        if (Ended)
        {
            return false;
        }

        _unsent = _unsent.IsEmpty ? next() : _unsent;
        if (_unsent.IsEmpty)
        {
            return true;
        }

        var sent = _socket.Send(_unsent.Span, SocketFlags.None, out var error);
        if (error is not (SocketError.Success or SocketError.WouldBlock))
        {
            Ended = true;
            return false;
        }

        SentBytes += Math.Max(0, sent);
        _unsent = error == SocketError.Success ? _unsent[sent..] : _unsent;
        return _unsent.IsEmpty;
    }

    /// <summary>Reads acknowledgements until the engine closes the connection.</summary>
    /// <param name="acknowledged">Called with the number of events acknowledged so far.</param>
    public async Task ReadAsync(Action<long> acknowledged)
    {
        // Frames for a client that reads are short.
        var buffer = new byte[4 * SmallBuffer];
        try
        {
            while (true)
            {
                await _socket.ReceiveAsync(Memory<byte>.Empty);
                _rest.CopyTo(buffer, 0);
                var got = await _socket.ReceiveAsync(buffer.AsMemory(_rest.Length));
                if (got == 0)
                {
                    break;
                }

                Take(buffer.AsSpan(0, _rest.Length + got), acknowledged);
            }
        }
        catch (Exception gone) when (gone is SocketException or ObjectDisposedException)
        {
            // Reported by Ended.
        }

        Ended = true;
    }

    /// <inheritdoc/>
    public void Dispose() => _socket.Dispose();

    void Take(ReadOnlySpan<byte> input, Action<long> acknowledged)
    {
        var at = 0;
        while (Frames.Read(input[at..], out var opcode, out var payload) is var length and > 0)
        {
            at += length;
            if (opcode == Frames.Text && ServerMessage.Read(payload) is { Kind: MessageKind.Ack, UpTo: var upTo })
            {
                Volatile.Write(ref _acked, upTo);
                acknowledged(upTo);
            }
        }

        _rest = at == input.Length ? [] : input[at..].ToArray();
    }
}
