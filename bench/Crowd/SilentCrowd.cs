using System.Net;
using System.Net.Sockets;

namespace CartRecovery.Bench.Crowd;

/// <summary>Many sockets that never send a key. One that the engine closes is opened again.</summary>
sealed class SilentCrowd : IDisposable
{
    // Between two passes over all sockets.
    static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(20);

    readonly Socket?[] _sockets;
    readonly IPEndPoint[] _ports;
    readonly CancellationTokenSource _stop = new();
    readonly Thread _thread;
    long _opened;

    /// <summary>Opens the sockets, in turn on each port.</summary>
    public SilentCrowd(int count, params int[] ports)
    {
        _sockets = new Socket?[count];
        _ports = [.. ports.Select(port => new IPEndPoint(IPAddress.Loopback, port))];
        Pass();
        _thread = new Thread(() =>
        {
            while (!_stop.IsCancellationRequested)
            {
                Pass();
                _stop.Token.WaitHandle.WaitOne(s_pause);
            }
        });
        _thread.Start();
    }

    /// <summary>Sockets opened so far.</summary>
    public long Opened => Volatile.Read(ref _opened);

    /// <inheritdoc/>
    public void Dispose()
    {
        _stop.Cancel();
        _thread.Join();
        Array.ForEach(_sockets, socket => socket?.Dispose());
        _stop.Dispose();
    }

    void Pass()
    {
        for (var i = 0; i < _sockets.Length && !_stop.IsCancellationRequested; i++)
        {
            if (_sockets[i] is { } open && !(open.Poll(0, SelectMode.SelectRead) && IsClosed(open)))
            {
                continue;
            }

            _sockets[i]?.Dispose();
            _sockets[i] = new Socket(SocketType.Stream, ProtocolType.Tcp) { Blocking = false };
            try
            {
                _sockets[i]!.Connect(_ports[i % _ports.Length]);
            }
            catch (SocketException pending) when (pending.SocketErrorCode == SocketError.WouldBlock)
            {
                // It connects by itself.
            }

            Interlocked.Increment(ref _opened);
        }
    }

    static bool IsClosed(Socket socket)
    {
        socket.Receive(new byte[1], SocketFlags.Peek, out var error);
        return error is not SocketError.WouldBlock;
    }
}
