using System.Collections.Concurrent;
using CartRecovery.Engine.Events;
using CartRecovery.Engine.Events.Shoppers;

namespace CartRecovery.Engine.Ingest;

/// <summary>Counts ingested events over all connections. Written once per read, not per event.</summary>
public sealed class IngestCounters
{
    static readonly string[] s_names = ["websocket", "tcp", "http"];

    readonly long[] _received = new long[s_names.Length];
    readonly long[] _connections = new long[s_names.Length];
    readonly long[] _rejected = new long[EventProblem.Kinds];
    readonly ConcurrentDictionary<int, StoreCounters> _stores = [];
    readonly long[] _bots = new long[Enum.GetValues<BotEvidence>().Length];
    long _clamped;
    long _corrected;
    long _slowConsumers;
    long _overloaded;
    long _ignoredUsers;
    long _ignoredSessions;

    public static IReadOnlyList<Protocol> Protocols { get; } = Enum.GetValues<Protocol>();

    /// <summary>Connections closed because the client did not read its output.</summary>
    public long SlowConsumers => Volatile.Read(ref _slowConsumers);

    /// <summary>Connections closed because there was no memory for their incomplete message.</summary>
    public long Overloaded => Volatile.Read(ref _overloaded);

    /// <summary>Events whose user was a placeholder.</summary>
    public long IgnoredUsers => Volatile.Read(ref _ignoredUsers);

    /// <summary>Events whose session was a placeholder.</summary>
    public long IgnoredSessions => Volatile.Read(ref _ignoredSessions);

    /// <summary>Returns the protocol's label in metrics.</summary>
    public static string NameOf(Protocol protocol) => s_names[(int)protocol];

    /// <summary>Returns the counts of a store's keys.</summary>
    public StoreCounters OfStore(int number) => _stores.GetOrAdd(number, static _ => new StoreCounters());

    public void AddReceived(Protocol protocol, long events) => Interlocked.Add(ref _received[(int)protocol], events);

    public void AddRejected(EventErrorCode error) => Interlocked.Increment(ref _rejected[(int)error]);

    public void AddTimes(long clamped, long corrected)
    {
        Interlocked.Add(ref _clamped, clamped);
        Interlocked.Add(ref _corrected, corrected);
    }

    /// <summary>Events whose time was corrected by their sender's clock.</summary>
    public long Corrected => Volatile.Read(ref _corrected);

    /// <summary>Events whose time was out of range, and clamped.</summary>
    public long Clamped => Volatile.Read(ref _clamped);

    public void AddBots(BotEvidence evidence, long events) => Interlocked.Add(ref _bots[(int)evidence], events);

    /// <summary>Events of senders that are taken for programs.</summary>
    public long BotsBy(BotEvidence evidence) => Volatile.Read(ref _bots[(int)evidence]);

    public void AddIgnored(bool user, bool session)
    {
        Interlocked.Add(ref _ignoredUsers, user ? 1 : 0);
        Interlocked.Add(ref _ignoredSessions, session ? 1 : 0);
    }

    public void AddConnected(Protocol protocol) => Interlocked.Increment(ref _connections[(int)protocol]);

    public void AddDisconnected(Protocol protocol) => Interlocked.Decrement(ref _connections[(int)protocol]);

    public void AddSlowConsumer() => Interlocked.Increment(ref _slowConsumers);

    public void AddOverloaded() => Interlocked.Increment(ref _overloaded);

    public long ReceivedBy(Protocol protocol) => Volatile.Read(ref _received[(int)protocol]);

    public long RejectedFor(EventErrorCode error) => Volatile.Read(ref _rejected[(int)error]);

    public long ConnectionsOf(Protocol protocol) => Volatile.Read(ref _connections[(int)protocol]);

    /// <summary>Open connections of all protocols.</summary>
    public long Connections => Protocols.Sum(ConnectionsOf);
}
