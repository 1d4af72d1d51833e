using System.Net.Sockets;

namespace CartRecovery.Bench.Load;

/// <summary>
/// A thread that serves several connections: reads input immediately, sends due events about once a millisecond (at full rate:
/// as soon as the windows allow), and otherwise waits in one poll for all of them.
/// </summary>
sealed class LoadWorker
{
    const long Tick = Clock.Millisecond;

    readonly LoadConnection[] _connections;
    readonly bool _flatOut;
    readonly long _start;
    readonly long _drain;
    readonly Thread _thread;
    readonly List<Socket> _readable = [];
    readonly List<Socket> _writable = [];
    readonly List<Socket> _broken = [];
    long _end;

    /// <param name="connections">The connections to serve.</param>
    /// <param name="flatOut">Whether to send at full rate, without a schedule.</param>
    /// <param name="start">When to begin, in nanoseconds of <see cref="Clock"/>.</param>
    /// <param name="end">When to stop sending.</param>
    /// <param name="drain">Nanoseconds to wait for the last acks.</param>
    public LoadWorker(LoadConnection[] connections, bool flatOut, long start, long end, long drain)
    {
        (_connections, _flatOut, _start, _end, _drain) = (connections, flatOut, start, end, drain);
        _thread = new Thread(Run) { IsBackground = true, Name = "load" };
    }

    /// <summary>Starts the thread.</summary>
    public void Start() => _thread.Start();

    /// <summary>Whether everything is sent and acknowledged, or the drain time has passed.</summary>
    public bool IsFinished => !_thread.IsAlive;

    /// <summary>Stops sending; outstanding acks are still awaited.</summary>
    public void StopSending() => Volatile.Write(ref _end, Math.Min(Volatile.Read(ref _end), Clock.Now()));

    void Run()
    {
        var nextSend = _start;
        var sending = true;
        while (true)
        {
            var now = Clock.Now();
            var end = Volatile.Read(ref _end);
            var busy = false;
            foreach (var connection in _connections)
            {
                busy |= connection.Receive(now);
            }

            if (sending && (now >= nextSend || now >= end))
            {
                // The last pass is after the end, for events due since the previous one.
                var unixMilliseconds = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();
                foreach (var connection in _connections)
                {
                    busy |= connection.Send(now, Math.Min(now, end - 1), unixMilliseconds);
                }

                nextSend = _flatOut ? now : now + Tick;
                sending = now < end;
            }
            else
            {
                foreach (var connection in _connections)
                {
                    connection.Flush();
                }
            }

            if (Array.TrueForAll(_connections, connection => connection.Closed))
            {
                return;
            }

            if (!sending && (now >= end + _drain || Array.TrueForAll(_connections, connection => connection.Completed)))
            {
                return;
            }

            if (!(_flatOut && busy))
            {
                Wait();
            }
        }
    }

    // A millisecond is the shortest wait of poll.
    void Wait()
    {
        _readable.Clear();
        _writable.Clear();
        _broken.Clear();
        foreach (var connection in _connections)
        {
            if (connection.Closed)
            {
                continue;
            }

            _readable.Add(connection.Socket);
            if (connection.Pending)
            {
                _writable.Add(connection.Socket);
            }
        }

        Socket.Select(_readable, _writable, _broken, 1_000);
    }
}
