using CartRecovery.Engine.Configuration;
using CartRecovery.Engine.Configuration.Stores;
using CartRecovery.Engine.Configuration.Values;
using CartRecovery.Engine.ControlPlane.Keys;
using CartRecovery.Engine.ControlPlane.Stores;
using CartRecovery.Engine.Ingest;
using CartRecovery.Engine.Ingest.Access;
using CartRecovery.Engine.Ingest.Connections.Memory;
using CartRecovery.Engine.Ingest.DeadLetters;
using CartRecovery.Engine.Ingest.Limits;
using CartRecovery.Engine.Ingest.Streams;

namespace CartRecovery.Host.Composition;

/// <summary>Creates the parts that all protocols share.</summary>
static class IngestSetup
{
    /// <summary>Creates the options of all protocols.</summary>
    public static IngestOptions Of(EngineHost host, DeadLetterQueue deadLetters) => new()
    {
        DeadLetters = deadLetters,
        Forgotten = host.Privacy.Forgotten,
        Partitions = host.Partitions,
        Stores = host.Stores,
        Counters = host.Counters,
        Connections = host.Connections,
        ConnectionLimiter = host.ConnectionLimiter,
        Rates = new RateLimits(OptionsOf(host.Config.Limits.Rates)),
        Usage = host.Usage,
        Threads = new IngestThreads(host.Partitions, MemoryBudget.IncompleteMessages),
        Unread = new BufferQuota(MemoryBudget.UnreadOutput),
        MaxEvent = (int)host.Config.Limits.Event.Bytes,
        MaxMessage = (int)host.Config.Limits.Message.Bytes,
        MaxBatch = host.Config.Limits.Batch,
        MaxAge = host.Config.Limits.Past,
        MaxAhead = host.Config.Limits.Future,
        HandshakeTimeout = host.Config.Listen.HandshakeTimeout,
        TcpKey = host.Config.Listen.TcpKey is { } tcpKey ? host.Stores.FindConfiguredKey(tcpKey) : null,
        Proxies = new TrustedProxies([.. host.Config.Listen.TrustedProxies.Select(range => range.Network)]),
        AccessRejections = host.AccessRejections,
        WhenInterventionsSentAsync = host.Journeys.CatchUpAsync,
    };

    /// <summary>Replaces the limits that a running engine can change.</summary>
    public static void Update(IngestOptions ingest, LimitsConfig limits)
    {
        (ingest.MaxBatch, ingest.MaxAge, ingest.MaxAhead) = (limits.Batch, limits.Past, limits.Future);
        ingest.Rates.Update(OptionsOf(limits.Rates));
    }

    /// <summary>Creates the limits of connections.</summary>
    public static ConnectionLimiter LimiterOf(ListenConfig listen, StoreTable stores) => new(
        listen.MaxConnections, listen.MaxConnectionsPerAddress, stores,
        new UnauthenticatedConnections(listen.MaxUnauthenticated, listen.MaxUnauthenticatedPerAddress));

    static RateLimitsOptions OptionsOf(RatesConfig rates) => new(
        group => group switch
        {
            RouteGroup.Browser => Of(rates.Requests.Browser),
            RouteGroup.Server => Of(rates.Requests.Server),
            RouteGroup.Api => Of(rates.Requests.Api),
            RouteGroup.Public => new ScopedRates(Of(rates.Requests.Public.Address), default, default),
            _ => new ScopedRates(Of(rates.Requests.Operations.Address), default, default),
        },
        kind => Of(kind == KeyKind.Secret ? rates.Server.Events : rates.Browser.Events),
        kind => Of(kind == KeyKind.Secret ? rates.Server.Bytes : rates.Browser.Bytes),
        rates.Loopback);

    static ScopedRates Of(ScopedRatesConfig rates) => new(Of(rates.Address), Of(rates.Key), Of(rates.Store));

    /// <summary>Converts a rate. The configuration permits at most 2^30.</summary>
    public static Rate Of(TokenRate rate) => new((int)rate.PerSecond, (int)rate.Burst);
}
