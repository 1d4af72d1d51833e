using System.Collections.Concurrent;
using CartRecovery.Contracts;

namespace CartRecovery.Engine.Ingest;

/// <summary>
/// The open streams by their id. Ids are never used twice, not even by the process after this one, because carts remember them.
/// Here streams are kept alive, and closed when nothing came from them for too long.
/// </summary>
public sealed class ConnectionRegistry : IDisposable
{
    readonly ConcurrentDictionary<long, ClientConnection> _connections = new();
    readonly TimeProvider _time;
    readonly TimeSpan _idleTimeout;
    readonly ITimer _heartbeat;
    long _lastId;
    bool _closing;

    /// <param name="time">The clocks.</param>
    /// <param name="capacity">Open streams at the most.</param>
    /// <param name="heartbeat">How often a stream is sent a sign of life.</param>
    /// <param name="idleTimeout">How long nothing may come from a client.</param>
    public ConnectionRegistry(TimeProvider time, int capacity, TimeSpan heartbeat, TimeSpan idleTimeout)
    {
        _time = time;
        Capacity = capacity;
        _idleTimeout = idleTimeout;
        _lastId = time.GetUtcNow().ToUnixTimeSeconds() << 32;
        _heartbeat = time.CreateTimer(_ => Beat(), state: null, heartbeat, heartbeat);
    }

    /// <summary>Open streams at the most.</summary>
    public int Capacity { get; }

    /// <summary>Open streams.</summary>
    public int Count => _connections.Count;

    /// <summary>Another stream would be one too many.</summary>
    public bool IsFull => _connections.Count >= Capacity;

    /// <summary>Sends an intervention to the stream of this id.</summary>
    /// <returns>False when it is gone.</returns>
    public bool TrySend(long connectionId, Intervention intervention) =>
        _connections.TryGetValue(connectionId, out var connection) && connection.TrySend(intervention);

    /// <summary>Asks every client to go, those too that are about to come in.</summary>
    public void CloseAll()
    {
        Volatile.Write(ref _closing, true);
        foreach (var connection in _connections.Values)
        {
            connection.GoAway();
        }
    }

    internal long NextId() => Interlocked.Increment(ref _lastId);

    internal void Add(ClientConnection connection)
    {
        _connections[connection.ConnectionId] = connection;
        // Either this sees the flag or CloseAll sees the connection.
        Interlocked.MemoryBarrier();
        if (Volatile.Read(ref _closing))
        {
            connection.GoAway();
        }
    }

    internal void Remove(ClientConnection connection) => _connections.TryRemove(connection.ConnectionId, out _);

    /// <inheritdoc/>
    public void Dispose() => _heartbeat.Dispose();

    void Beat()
    {
        foreach (var connection in _connections.Values)
        {
            if (_time.GetElapsedTime(connection.LastReadTicks) > _idleTimeout)
            {
                connection.Abort();
            }
            else
            {
                connection.SendHeartbeat();
            }
        }
    }
}
