using CartRecovery.Engine.Configuration.Security;
using CartRecovery.Engine.Configuration.Values;

namespace CartRecovery.Engine.Configuration;

/// <summary>The addresses and limits of the listeners.</summary>
public sealed class ListenConfig
{
    [ConfigKey("Address of the HTTP port: the API, /metrics and /health.")]
    public EndpointAddress Http { get; set; } = new("127.0.0.1", 8080);

    [ConfigKey("Address of the stream port: WebSocket, and newline-delimited JSON or length-prefixed MessagePack over TCP.")]
    public EndpointAddress Stream { get; set; } = new("127.0.0.1", 8081);

    [ConfigKey("Address of a port for operators, without TLS: /metrics and the details of /health. They are then not on the HTTP port. Default: none.", Example = "127.0.0.1:9090")]
    public EndpointAddress? Admin { get; set; }

    [ConfigKey("The key for /metrics and the details of /health: printable ASCII, or its hash. Default: they need none.", IsSecret = true, Reloads = true, Example = "${METRICS_KEY}")]
    public string? MetricsKey { get; set; }

    [ConfigKey("The reverse proxies, as addresses or networks, whose X-Forwarded-For or Forwarded header says who the client is. Such headers of others are ignored.", Max = "100",
        Example = "[127.0.0.1, 10.0.0.0/8]")]
    public List<AddressRange> TrustedProxies { get; set; } = [];

    [ConfigKey("Whether the trusted proxies begin each connection to the stream port with a header of the PROXY protocol, version 1 or 2, which says who the client is. "
        + "Then they must: a connection of theirs without it is closed.")]
    public bool ProxyProtocol { get; set; }

    [ConfigKey("TLS for the HTTP port. Default: plain HTTP.", IsSecret = true)]
    public TlsConfig? HttpTls { get; set; }

    [ConfigKey("TLS for the stream port. Default: plain WebSocket and TCP.", IsSecret = true)]
    public TlsConfig? StreamTls { get; set; }

    [ConfigKey("The key of a TCP connection whose first message names none. Default: such a connection is rejected.", IsSecret = true, Reloads = true)]
    public string? TcpKey { get; set; }

    [ConfigKey("Maximum number of open streams, over both ports.", Min = "1", Max = "1000000")]
    public int MaxConnections { get; set; } = 10_000;

    [ConfigKey("Maximum number of connections from one address, over both ports. 0: unlimited. Of a trusted proxy's clients, each address's streams count; behind another proxy, all clients share its address.", Max = "1000000")]
    public int MaxConnectionsPerAddress { get; set; }

    [ConfigKey("Maximum number of connections that have not sent a valid key, over both ports. Beyond it, the oldest of them is closed.", Min = "16", Max = "100000")]
    public int MaxUnauthenticated { get; set; } = 2_000;

    [ConfigKey("Maximum number of connections from one address that have not sent a valid key, likewise. 0: unlimited.", Max = "100000")]
    public int MaxUnauthenticatedPerAddress { get; set; }

    [ConfigKey("Time allowed for a new connection to complete the TLS handshake and authenticate.", Min = "100ms", Max = "5m")]
    public Duration HandshakeTimeout { get; set; } = Duration.FromSeconds(10);

    [ConfigKey("Closes a stream from which nothing, not even a pong, arrived for this long.", Min = "1s", Max = "24h")]
    public Duration IdleTimeout { get; set; } = Duration.FromMinutes(5);

    [ConfigKey("Interval between heartbeats on a quiet stream.", Min = "100ms", Max = "1h")]
    public Duration Heartbeat { get; set; } = Duration.FromSeconds(30);
}
