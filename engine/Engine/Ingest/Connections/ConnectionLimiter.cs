using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using CartRecovery.Engine.ControlPlane;

namespace CartRecovery.Engine.Ingest.Connections;

/// <summary>Why a connection is refused. The order is that of <see cref="ConnectionLimiter.Reasons"/>.</summary>
public enum Refusal
{
    /// <summary>The engine has as many as it may.</summary>
    Full,

    /// <summary>One address has as many as it may.</summary>
    Address,

    /// <summary>A store has as many as it may.</summary>
    Store,
}

/// <summary>
/// Counts connections and keeps them within the limits: sockets of both ports from the moment they are accepted, all and by address; streams,
/// on the stream port from that moment too; streams by store once their key is known. Whoever entered leaves, in a finally.
/// </summary>
public sealed class ConnectionLimiter
{
    /// <summary>Sockets above the limit: whoever comes one too many is told so, and /health and /metrics still answer.</summary>
    public const int Spare = 128;

    static readonly Problem[] s_problems =
    [
        new(503, "too_many_connections", "The engine has as many streams as listen.maxConnections allows."),
        new(429, "too_many_connections_from_address", "Your address has as many connections as listen.maxConnectionsPerAddress allows; close some."),
        new(429, "too_many_connections_for_store", "The store has as many streams as its maxConnections allows; close some."),
    ];

    readonly int _capacity;
    readonly int _perAddress;
    readonly int[] _storeLimits;
    readonly int[] _stores;
    readonly long[] _refused = new long[s_problems.Length];
    readonly Dictionary<ulong, int> _addresses = [];
    readonly Lock _gate = new();
    int _sockets;
    int _streams;
    int _told;

    /// <param name="capacity">Streams at the most.</param>
    /// <param name="perAddress">Sockets of one address at the most; 0 for any number.</param>
    /// <param name="perStore">Streams of each store at the most, by its index; 0 for any number.</param>
    public ConnectionLimiter(int capacity, int perAddress, IEnumerable<int> perStore)
    {
        _capacity = capacity;
        _perAddress = perAddress;
        _storeLimits = [.. perStore];
        _stores = new int[_storeLimits.Length];
    }

    /// <summary>Every reason.</summary>
    public static IReadOnlyList<Refusal> Reasons { get; } = Enum.GetValues<Refusal>();

    /// <summary>Sockets that are open.</summary>
    public int Sockets => Volatile.Read(ref _sockets);

    /// <summary>Streams that are open, or may yet become one.</summary>
    public int Streams => Volatile.Read(ref _streams);

    /// <summary>What the client is told.</summary>
    public static Problem ProblemOf(Refusal refusal) => s_problems[(int)refusal];

    /// <summary>Connections refused for a reason.</summary>
    public long RefusedFor(Refusal reason) => Volatile.Read(ref _refused[(int)reason]);

    /// <summary>A socket was accepted.</summary>
    /// <returns>False when there are so many that it must be dropped without a word.</returns>
    public bool TryEnter() => TryCount(ref _sockets, _capacity + Spare, Refusal.Full);

    /// <summary>A socket that entered is done with.</summary>
    public void Leave() => Interlocked.Decrement(ref _sockets);

    /// <summary>A socket is an address's.</summary>
    /// <returns>False when the address has as many as it may.</returns>
    public bool TryEnter(IPAddress? address)
    {
        if (_perAddress == 0 || address is null)
        {
            return true;
        }

        lock (_gate)
        {
            ref var count = ref CollectionsMarshal.GetValueRefOrAddDefault(_addresses, KeyOf(address), out _);
            if (count < _perAddress)
            {
                count++;
                return true;
            }
        }

        Interlocked.Increment(ref _refused[(int)Refusal.Address]);
        return false;
    }

    /// <summary>A socket of an address that entered is done with.</summary>
    public void Leave(IPAddress? address)
    {
        if (_perAddress == 0 || address is null)
        {
            return;
        }

        lock (_gate)
        {
            var key = KeyOf(address);
            if (--CollectionsMarshal.GetValueRefOrNullRef(_addresses, key) == 0)
            {
                _addresses.Remove(key);
            }
        }
    }

    /// <summary>A socket that may not stay is about to be told so.</summary>
    /// <returns>False when so many are at it that this one must be dropped without a word.</returns>
    public bool TryTell()
    {
        if (Interlocked.Increment(ref _told) <= Spare)
        {
            return true;
        }

        LeaveTold();
        return false;
    }

    /// <summary>A socket that was told is done with.</summary>
    public void LeaveTold() => Interlocked.Decrement(ref _told);

    /// <summary>A stream is about to open.</summary>
    /// <returns>False when there are as many as there may be.</returns>
    public bool TryEnterStream() => TryCount(ref _streams, _capacity, Refusal.Full);

    /// <summary>A stream that entered is done with.</summary>
    public void LeaveStream() => Interlocked.Decrement(ref _streams);

    /// <summary>A stream is a store's.</summary>
    /// <returns>False when the store has as many as it may.</returns>
    public bool TryEnter(Store store)
    {
        var limit = _storeLimits[store.Index];
        return TryCount(ref _stores[store.Index], limit == 0 ? int.MaxValue : limit, Refusal.Store);
    }

    /// <summary>A stream of a store that entered is done with.</summary>
    public void Leave(Store store) => Interlocked.Decrement(ref _stores[store.Index]);

    bool TryCount(ref int count, int limit, Refusal refusal)
    {
        if (Interlocked.Increment(ref count) <= limit)
        {
            return true;
        }

        Interlocked.Decrement(ref count);
        Interlocked.Increment(ref _refused[(int)refusal]);
        return false;
    }

    // A holder of an IPv6 network has addresses without end, so its first 64 bits count as one. No such network begins like an IPv4 address here.
    static ulong KeyOf(IPAddress address)
    {
        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out _);
        return address.AddressFamily == AddressFamily.InterNetwork ? MemoryMarshal.Read<uint>(bytes)
            : address.IsIPv4MappedToIPv6 ? MemoryMarshal.Read<uint>(bytes[12..])
            : MemoryMarshal.Read<ulong>(bytes);
    }
}

/// <summary>What a connection carries that was refused when it was accepted: whoever reads its first request says so.</summary>
/// <param name="Reason">Why.</param>
public sealed record RefusedConnection(Refusal Reason);
