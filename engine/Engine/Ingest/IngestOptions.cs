using CartRecovery.Engine.ControlPlane.Keys;
using CartRecovery.Engine.ControlPlane.Stores;
using CartRecovery.Engine.ControlPlane.Usage;
using CartRecovery.Engine.Events;
using CartRecovery.Engine.Events.Clocks;
using CartRecovery.Engine.Events.Identity;
using CartRecovery.Engine.Ingest.Access;
using CartRecovery.Engine.Ingest.Connections;
using CartRecovery.Engine.Ingest.Connections.Memory;
using CartRecovery.Engine.Ingest.DeadLetters;
using CartRecovery.Engine.Ingest.Limits;
using CartRecovery.Engine.Ingest.Streams;
using CartRecovery.Engine.Pipeline;

namespace CartRecovery.Engine.Ingest;

/// <summary>
/// Options shared by all protocols. What has a setter may be replaced at run time: requests and streams that begin later take it.
/// </summary>
public sealed class IngestOptions
{
    public required PartitionSet Partitions { get; init; }

    public required StoreDirectory Stores { get; init; }

    public required IngestCounters Counters { get; init; }

    public required ConnectionRegistry Connections { get; init; }

    /// <summary>The threads that read streams.</summary>
    public required IngestThreads Threads { get; init; }

    /// <summary>Memory for long messages that have not arrived whole, beyond each connection's allowance.</summary>
    public IncompleteMessages Incomplete => Threads.Incomplete;

    /// <summary>Memory for output that clients do not read, beyond each connection's allowance.</summary>
    public required BufferQuota Unread { get; init; }

    /// <summary>Connection limiter.</summary>
    public required ConnectionLimiter ConnectionLimiter { get; init; }

    /// <summary>The rate limits.</summary>
    public RateLimits Rates { get; init; } = RateLimits.None;

    /// <summary>Counts events for quotas; null to count none.</summary>
    public UsageLedger? Usage { get; init; }

    /// <summary>The clocks of browsers.</summary>
    public DeviceClocks Devices { get; } = new();

    /// <summary>The people whose events are refused.</summary>
    public ForgottenPeople Forgotten { get; init; } = new();

    /// <summary>Queue for rejected events; null to discard them.</summary>
    public DeadLetterQueue? DeadLetters { get; init; }

    /// <summary>Maximum event length, in bytes of JSON.</summary>
    public required int MaxEvent { get; init; }

    /// <summary>Maximum length of a WebSocket message, line or HTTP body, in bytes.</summary>
    public required int MaxMessage { get; init; }

    /// <summary>Maximum number of events in an array.</summary>
    public required int MaxBatch { get; set; }

    /// <summary>Maximum age of an event's time.</summary>
    public required TimeSpan MaxAge { get; set; }

    /// <summary>How far ahead an event's time may be.</summary>
    public required TimeSpan MaxAhead { get; set; }

    /// <summary>How long a client may take to authenticate.</summary>
    public required TimeSpan HandshakeTimeout { get; init; }

    /// <summary>Key for TCP connections that send none; null to reject them.</summary>
    public StoreKey? TcpKey { get; set; }

    /// <summary>Proxies whose forwarding headers are trusted.</summary>
    public TrustedProxies Proxies { get; init; } = TrustedProxies.None;

    /// <summary>Counts and logs refused keys; null to do neither.</summary>
    public AccessRejections? AccessRejections { get; init; }

    /// <summary>Completes when the interventions for all acknowledged events are sent; null if there are none.</summary>
    public Func<Task>? WhenInterventionsSentAsync { get; init; }

    /// <summary>Maximum unsolicited bytes buffered for a client that does not read.</summary>
    public int MaxUnsolicitedBytes => 256 * 1024;

    /// <summary>How long to wait for a client that does not read the answers to its input.</summary>
    public TimeSpan SlowReaderTimeout => TimeSpan.FromSeconds(30);

    /// <summary>Creates the event rules for a client.</summary>
    public EventRules RulesFor(Client client) => RulesFor(client.Key) with { ProvenUser = client.ProvenUser };

    /// <summary>Creates the event rules for a key.</summary>
    public EventRules RulesFor(StoreKey key) => new(
        key.Store.IdUtf8, (ushort)key.Store.Number, key.Kind == KeyKind.Secret, MaxEvent, (long)MaxAge.TotalMilliseconds,
        (long)MaxAhead.TotalMilliseconds)
    { Ids = key.Store.Ids, KeyTag = key.Tag, Country = key.Store.Country, CorrectsTimes = true, Devices = Devices, Forgotten = Forgotten, RefusesMaskedIds = true };
}
