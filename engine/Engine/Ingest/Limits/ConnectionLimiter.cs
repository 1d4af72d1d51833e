using System.Net;
using System.Runtime.InteropServices;
using CartRecovery.Engine.ControlPlane.Stores;
using CartRecovery.Engine.Ingest.Access;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Ingest.Limits;

/// <summary>
/// Counts connections and enforces limits: sockets of both ports from accept, in total and per address; those without a valid key
/// (<see cref="Pending"/>); streams, in total and per store, once their key is known. Every successful enter must be paired with a leave,
/// in a finally block.
/// </summary>
public sealed class ConnectionLimiter
{
    /// <summary>Sockets allowed above the limit, so that excess clients get an error and /health and /metrics still answer.</summary>
    public const int Spare = 128;

    static readonly HttpProblem[] s_problems =
    [
        new(503, "too_many_connections", "The engine is at listen.maxConnections. Retry later."),
        new(429, "too_many_connections_from_address", "Your address is at listen.maxConnectionsPerAddress. Close a connection first."),
        new(429, "too_many_connections_for_store", "The store is at its maxConnections. Close a stream first."),
        new(503, "too_many_unauthenticated", "Too many connections have not sent a valid key: listen.maxUnauthenticated."),
    ];

    readonly int _capacity;
    readonly int _perAddress;
    readonly StoreStreams _unknown = new(limit: 0);
    volatile NumberTable<StoreStreams> _stores;
    readonly long[] _rejected = new long[s_problems.Length];
    readonly Dictionary<ulong, int> _addresses = [];
    readonly Lock _gate = new();
    int _sockets;
    int _streams;
    int _errorSlots;

    /// <param name="capacity">Maximum number of streams.</param>
    /// <param name="perAddress">Maximum number of sockets per address; 0 for no limit.</param>
    /// <param name="stores">The stores, with their limits.</param>
    /// <param name="pending">Bounds the connections without a valid key; the default for as many as streams.</param>
    public ConnectionLimiter(int capacity, int perAddress, StoreTable stores, UnauthenticatedConnections? pending = null)
    {
        Pending = pending ?? new UnauthenticatedConnections(capacity, perAddress: 0);
        _capacity = capacity;
        _perAddress = perAddress;
        _stores = stores.Map(store => new StoreStreams(store.MaxConnections), _unknown);
    }

    /// <summary>Takes over the limits of stores that were changed or added. Streams above a new limit stay open.</summary>
    public void SetStores(StoreTable stores)
    {
        var now = _stores;
        _stores = stores.Map(
            store =>
            {
                var streams = now[store.Number] is { } known && known != _unknown ? known : new StoreStreams(store.MaxConnections);
                streams.SetLimit(store.MaxConnections);
                return streams;
            }, _unknown);
    }

    /// <summary>All reasons.</summary>
    public static IReadOnlyList<ConnectionRejection> Reasons { get; } = Enum.GetValues<ConnectionRejection>();

    /// <summary>Number of open sockets.</summary>
    public int Sockets => Volatile.Read(ref _sockets);

    /// <summary>The connections whose clients have not sent a valid key.</summary>
    public UnauthenticatedConnections Pending { get; }

    /// <summary>Number of open streams.</summary>
    public int Streams => Volatile.Read(ref _streams);

    /// <summary>Returns the number of a store's open streams.</summary>
    public int StreamsOf(Store store) => Volatile.Read(ref _stores[store.Number].Count);

    /// <summary>Returns the error sent to the client.</summary>
    public static HttpProblem ProblemOf(ConnectionRejection rejection) => s_problems[(int)rejection];

    /// <summary>Returns the number of connections rejected for a reason.</summary>
    public long RejectedFor(ConnectionRejection reason) =>
        reason == ConnectionRejection.Unauthenticated ? Pending.Evicted : Volatile.Read(ref _rejected[(int)reason]);

    /// <summary>Counts an accepted socket.</summary>
    /// <returns><see langword="false"/> at the hard limit: drop the socket without an answer.</returns>
    public bool TryReserveSocket() => TryCount(ref _sockets, _capacity + Pending.Capacity + Spare, ConnectionRejection.Full);

    /// <summary>Releases a socket counted by <see cref="TryReserveSocket()"/>.</summary>
    public void ReleaseSocket() => Interlocked.Decrement(ref _sockets);

    /// <summary>Counts a socket for its address.</summary>
    /// <returns><see langword="false"/> if the address is at its limit.</returns>
    public bool TryReserveAddress(IPAddress? address)
    {
        if (_perAddress == 0 || address is null)
        {
            return true;
        }

        lock (_gate)
        {
            ref var count = ref CollectionsMarshal.GetValueRefOrAddDefault(_addresses, AddressPrefix.NumberOf(address), out _);
            if (count < _perAddress)
            {
                count++;
                return true;
            }
        }

        Interlocked.Increment(ref _rejected[(int)ConnectionRejection.Address]);
        return false;
    }

    /// <summary>Releases a socket counted for its address.</summary>
    public void ReleaseAddress(IPAddress? address)
    {
        if (_perAddress == 0 || address is null)
        {
            return;
        }

        lock (_gate)
        {
            var key = AddressPrefix.NumberOf(address);
            if (--CollectionsMarshal.GetValueRefOrNullRef(_addresses, key) == 0)
            {
                _addresses.Remove(key);
            }
        }
    }

    /// <summary>Reserves a slot for sending a rejected client its error.</summary>
    /// <returns><see langword="false"/> if all slots are in use: drop the socket without an answer.</returns>
    public bool TryReserveErrorSlot()
    {
        if (Interlocked.Increment(ref _errorSlots) <= Spare)
        {
            return true;
        }

        ReleaseErrorSlot();
        return false;
    }

    /// <summary>Releases a slot reserved by <see cref="TryReserveErrorSlot"/>.</summary>
    public void ReleaseErrorSlot() => Interlocked.Decrement(ref _errorSlots);

    /// <summary>Counts a stream about to open.</summary>
    /// <returns><see langword="false"/> at the limit.</returns>
    public bool TryReserveStream() => TryCount(ref _streams, _capacity, ConnectionRejection.Full);

    /// <summary>Releases a counted stream.</summary>
    public void ReleaseStream() => Interlocked.Decrement(ref _streams);

    /// <summary>Counts a stream for its store.</summary>
    /// <returns><see langword="false"/> if the store is at its limit.</returns>
    public bool TryReserveStoreStream(Store store)
    {
        var streams = _stores[store.Number];
        return TryCount(ref streams.Count, streams.Limit, ConnectionRejection.Store);
    }

    /// <summary>Counts a stream about to open, in total and for its store.</summary>
    /// <returns>The limit that is reached; <see langword="null"/> if the stream is counted.</returns>
    public ConnectionRejection? TryReserveStream(Store store)
    {
        if (!TryReserveStream())
        {
            return ConnectionRejection.Full;
        }

        if (TryReserveStoreStream(store))
        {
            return null;
        }

        ReleaseStream();
        return ConnectionRejection.Store;
    }

    /// <summary>Releases a stream counted by <see cref="TryReserveStream(Store)"/>.</summary>
    public void ReleaseStream(Store store)
    {
        ReleaseStoreStream(store);
        ReleaseStream();
    }

    /// <summary>Releases a stream counted for its store.</summary>
    public void ReleaseStoreStream(Store store) => Interlocked.Decrement(ref _stores[store.Number].Count);

    bool TryCount(ref int count, int limit, ConnectionRejection rejection)
    {
        if (Interlocked.Increment(ref count) <= limit)
        {
            return true;
        }

        Interlocked.Decrement(ref count);
        Interlocked.Increment(ref _rejected[(int)rejection]);
        return false;
    }

    /// <summary>A store's open streams.</summary>
    /// <param name="limit">Maximum number; 0 for no limit.</param>
    sealed class StoreStreams(int limit)
    {
        public int Count;

        public int Limit { get; private set; } = Of(limit);

        public void SetLimit(int limit) => Limit = Of(limit);

        static int Of(int limit) => limit == 0 ? int.MaxValue : limit;
    }
}
