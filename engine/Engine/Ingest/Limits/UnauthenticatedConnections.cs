using System.Runtime.InteropServices;

namespace CartRecovery.Engine.Ingest.Limits;

/// <summary>
/// Bounds the connections whose clients have not sent a valid key, in total and per address. At a bound the oldest goes first, so that
/// silent sockets keep nobody out: whoever sends its key at once has it for longer than that takes. Any thread.
/// </summary>
/// <param name="capacity">Maximum number, 1 or more.</param>
/// <param name="perAddress">Maximum number per address; 0 for no limit.</param>
public sealed class UnauthenticatedConnections(int capacity, int perAddress)
{
    // A client whose bytes wait for the engine is spared, if another of the oldest is not.
    const int MaxCompared = 32;

    readonly LinkedList<UnauthenticatedConnection> _all = new();
    readonly Dictionary<ulong, LinkedList<UnauthenticatedConnection>> _addresses = [];
    readonly Lock _gate = new();
    long _evicted;

    /// <summary>Maximum number.</summary>
    public int Capacity => capacity;

    /// <summary>The number of connections.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _all.Count;
            }
        }
    }

    /// <summary>The number of connections closed to make room.</summary>
    public long Evicted => Volatile.Read(ref _evicted);

    /// <summary>Adds a connection. Closes another one if there are too many.</summary>
    public void Enter(UnauthenticatedConnection connection)
    {
        UnauthenticatedConnection? ofAddress = null, ofAll = null;
        connection.Enter(this);
        lock (_gate)
        {
            if (connection.Address is { } address)
            {
                ref var same = ref CollectionsMarshal.GetValueRefOrAddDefault(_addresses, address, out _);
                same ??= new LinkedList<UnauthenticatedConnection>();
                if (perAddress > 0 && same.Count >= perAddress)
                {
                    ofAddress = OldestOf(same);
                }

                connection.PlaceOfAddress = same.AddLast(connection);
            }

            if (ofAddress is not null)
            {
                Unlink(ofAddress);
            }

            if (_all.Count >= capacity)
            {
                Unlink(ofAll = OldestOf(_all));
            }

            connection.Place = _all.AddLast(connection);
        }

        Evict(ofAddress);
        Evict(ofAll);
    }

    internal void Remove(UnauthenticatedConnection connection)
    {
        lock (_gate)
        {
            Unlink(connection);
        }
    }

    internal void Renew(UnauthenticatedConnection connection)
    {
        lock (_gate)
        {
            if (connection.Place is { } place)
            {
                _all.Remove(place);
                _all.AddLast(place);
            }

            if (connection.PlaceOfAddress is { List: { } same } placeOfAddress)
            {
                same.Remove(placeOfAddress);
                same.AddLast(placeOfAddress);
            }
        }
    }

    static UnauthenticatedConnection OldestOf(LinkedList<UnauthenticatedConnection> list)
    {
        var node = list.First;
        for (var compared = 0; node is not null && compared < MaxCompared; compared++, node = node.Next)
        {
            if (node.Value.IsWaitingForClient)
            {
                return node.Value;
            }
        }

        return list.First!.Value;
    }

    void Unlink(UnauthenticatedConnection connection)
    {
        if (connection.Place is { } place)
        {
            _all.Remove(place);
            connection.Place = null;
        }

        if (connection is { PlaceOfAddress: { List: { } same } placeOfAddress, Address: { } address })
        {
            same.Remove(placeOfAddress);
            connection.PlaceOfAddress = null;
            if (same.Count == 0)
            {
                _addresses.Remove(address);
            }
        }
    }

    // Outside the lock: closing runs other code.
    void Evict(UnauthenticatedConnection? connection)
    {
        if (connection is not null)
        {
            Interlocked.Increment(ref _evicted);
            connection.Evict();
        }
    }
}
