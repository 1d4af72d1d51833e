using System.Collections.Concurrent;
using CartRecovery.Engine.ControlPlane.Keys;

namespace CartRecovery.Engine.Ingest.Connections;

/// <summary>
/// Holds the open streams by id. Ids are never reused, not even across restarts, because carts store them. Also sends heartbeats and
/// closes idle streams, one slice per tick, so that 100,000 quiet streams cause a steady trickle of work instead of a burst.
/// </summary>
public sealed class ConnectionRegistry : IDisposable
{
    const int MaxSlices = 256;

    // How long a long message may take to arrive whole. Meanwhile it holds memory that others wait for.
    static readonly TimeSpan s_messageTimeout = TimeSpan.FromSeconds(30);
    static readonly TimeSpan s_minTick = TimeSpan.FromMilliseconds(100);

    readonly ConcurrentDictionary<long, ClientConnection>[] _slices;
    readonly TimeProvider _time;
    readonly TimeSpan _idleTimeout;
    readonly TimeSpan _quiet;
    readonly ITimer _heartbeat;
    long _lastId;
    int _count;
    int _tick;
    int _ticking;
    bool _closing;

    /// <param name="time">The clocks.</param>
    /// <param name="heartbeat">Interval between heartbeats to a quiet stream.</param>
    /// <param name="idleTimeout">How long a client may send nothing.</param>
    public ConnectionRegistry(TimeProvider time, TimeSpan heartbeat, TimeSpan idleTimeout)
    {
        _time = time;
        _idleTimeout = idleTimeout;
        // A quiet client answered the previous heartbeat one interval ago, or slightly less.
        _quiet = heartbeat / 2;
        _lastId = time.GetUtcNow().ToUnixTimeSeconds() << 32;
        _slices = new ConcurrentDictionary<long, ClientConnection>[(int)Math.Clamp(heartbeat / s_minTick, 1, MaxSlices)];
        for (var i = 0; i < _slices.Length; i++)
        {
            _slices[i] = new ConcurrentDictionary<long, ClientConnection>(concurrencyLevel: 1, capacity: 7);
        }

        var tick = heartbeat / _slices.Length;
        _heartbeat = time.CreateTimer(_ => Tick(), state: null, tick, tick);
    }

    /// <summary>Number of open streams.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>Finds a stream by id; null if it is closed.</summary>
    public ClientConnection? Find(long connectionId) => SliceOf(connectionId).GetValueOrDefault(connectionId);

    /// <summary>Tells what became of a key since its stream was opened; null if keys never change.</summary>
    public Func<StoreKey, KeyState>? StateOf { get; set; }

    /// <summary>
    /// Closes the streams whose keys were revoked, and asks the clients whose keys or stores changed to connect again, including those about
    /// to connect. One pass over all streams for each change; nothing asks between changes.
    /// </summary>
    public void CloseRevoked()
    {
        foreach (var slice in _slices)
        {
            foreach (var (_, connection) in slice)
            {
                CloseIfRevoked(connection);
            }
        }
    }

    /// <summary>Asks every client to disconnect, including those about to connect.</summary>
    public void CloseAll()
    {
        Volatile.Write(ref _closing, true);
        foreach (var slice in _slices)
        {
            foreach (var (_, connection) in slice)
            {
                connection.CloseForStop();
            }
        }
    }

    internal long NextId() => Interlocked.Increment(ref _lastId);

    internal void Add(ClientConnection connection)
    {
        connection.Key.Usage?.Open();
        SliceOf(connection.ConnectionId)[connection.ConnectionId] = connection;
        // Either this sees the flag, or CloseAll sees the connection.
        Interlocked.Increment(ref _count);
        if (Volatile.Read(ref _closing))
        {
            connection.CloseForStop();
        }
        else
        {
            CloseIfRevoked(connection);
        }
    }

    internal void Remove(ClientConnection connection)
    {
        if (SliceOf(connection.ConnectionId).TryRemove(connection.ConnectionId, out _))
        {
            Interlocked.Decrement(ref _count);
            connection.Key.Usage?.Close();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _heartbeat.Dispose();

    ConcurrentDictionary<long, ClientConnection> SliceOf(long id) => _slices[(int)((ulong)id % (uint)_slices.Length)];

    void CloseIfRevoked(ClientConnection connection)
    {
        switch (StateOf?.Invoke(connection.Key))
        {
            case KeyState.Changed:
                connection.CloseForChange();
                break;
            case KeyState.Revoked:
                connection.CloseForRevocation();
                break;
        }
    }

    // Ticks that come due during a slow tick are skipped rather than queued.
    void Tick()
    {
        if (Interlocked.Exchange(ref _ticking, 1) != 0)
        {
            return;
        }

        try
        {
            _tick = (_tick + 1) % _slices.Length;
            foreach (var (_, connection) in _slices[_tick])
            {
                CheckSilence(connection);
            }
        }
        finally
        {
            Volatile.Write(ref _ticking, 0);
        }
    }

    void CheckSilence(ClientConnection connection)
    {
        if (connection.TryRestartTimeouts(_time.GetTimestamp()))
        {
            return;
        }

        var quiet = _time.GetElapsedTime(connection.LastReadTicks);
        if (quiet > _idleTimeout)
        {
            connection.CloseForTimeout("no data received for listen.idleTimeout");
        }
        else if (connection.IncompleteTicks is not 0 and var since && _time.GetElapsedTime(since) > s_messageTimeout)
        {
            connection.CloseForTimeout("a long message did not arrive whole within 30 seconds");
        }
        else if (quiet > _quiet)
        {
            connection.SendHeartbeat();
        }
    }
}
