using System.Collections.Concurrent;

namespace CartRecovery.Engine.Ingest.Connections;

/// <summary>
/// The open streams by their id. Ids are never used twice, not even by the process after this one, because carts remember them.
/// Here streams are kept alive, and closed when nothing came from them for too long: a slice of them at each tick, so that a hundred thousand
/// quiet streams are a steady trickle and not a burst.
/// </summary>
public sealed class ConnectionRegistry : IDisposable
{
    const int MostSlices = 256;
    static readonly TimeSpan s_shortestTick = TimeSpan.FromMilliseconds(100);

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
    /// <param name="heartbeat">How often a quiet stream is sent a sign of life.</param>
    /// <param name="idleTimeout">How long nothing may come from a client.</param>
    public ConnectionRegistry(TimeProvider time, TimeSpan heartbeat, TimeSpan idleTimeout)
    {
        _time = time;
        _idleTimeout = idleTimeout;
        // A quiet client's answer to the heartbeat before came one interval ago, or a little less.
        _quiet = heartbeat / 2;
        _lastId = time.GetUtcNow().ToUnixTimeSeconds() << 32;
        _slices = new ConcurrentDictionary<long, ClientConnection>[(int)Math.Clamp(heartbeat / s_shortestTick, 1, MostSlices)];
        for (var i = 0; i < _slices.Length; i++)
        {
            _slices[i] = new ConcurrentDictionary<long, ClientConnection>(concurrencyLevel: 1, capacity: 7);
        }

        var tick = heartbeat / _slices.Length;
        _heartbeat = time.CreateTimer(_ => Tick(), state: null, tick, tick);
    }

    /// <summary>Open streams.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>The stream of this id; null when it is gone.</summary>
    public ClientConnection? Find(long connectionId) => SliceOf(connectionId).GetValueOrDefault(connectionId);

    /// <summary>Asks every client to go, those too that are about to come in.</summary>
    public void CloseAll()
    {
        Volatile.Write(ref _closing, true);
        foreach (var slice in _slices)
        {
            foreach (var (_, connection) in slice)
            {
                connection.GoAway();
            }
        }
    }

    internal long NextId() => Interlocked.Increment(ref _lastId);

    internal void Add(ClientConnection connection)
    {
        SliceOf(connection.ConnectionId)[connection.ConnectionId] = connection;
        // Either this sees the flag or CloseAll sees the connection.
        Interlocked.Increment(ref _count);
        if (Volatile.Read(ref _closing))
        {
            connection.GoAway();
        }
    }

    internal void Remove(ClientConnection connection)
    {
        if (SliceOf(connection.ConnectionId).TryRemove(connection.ConnectionId, out _))
        {
            Interlocked.Decrement(ref _count);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _heartbeat.Dispose();

    ConcurrentDictionary<long, ClientConnection> SliceOf(long id) => _slices[(int)((ulong)id % (uint)_slices.Length)];

    // When one takes longer than it may, the next ones are left out and not piled up.
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
                Look(connection);
            }
        }
        finally
        {
            Volatile.Write(ref _ticking, 0);
        }
    }

    void Look(ClientConnection connection)
    {
        var quiet = _time.GetElapsedTime(connection.LastReadTicks);
        if (quiet > _idleTimeout)
        {
            connection.CloseIdle();
        }
        else if (quiet > _quiet)
        {
            connection.SendHeartbeat();
        }
    }
}
