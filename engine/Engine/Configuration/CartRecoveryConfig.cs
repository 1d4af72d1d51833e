using System.Text.Json.Serialization;
using CartRecovery.Engine.Configuration.Values;

namespace CartRecovery.Engine.Configuration;

/// <summary>The whole configuration. A new instance holds the defaults; <see cref="ConfigLoader"/> fills it from a file.</summary>
public sealed class CartRecoveryConfig
{
    [ConfigKey("Where the engine listens.")]
    public ListenConfig Listen { get; set; } = new();

    [ConfigKey("The folder for everything that outlives the process, relative to the working directory.")]
    public string Data { get; set; } = "./data";

    [ConfigKey("Worker threads that carts are spread over; 0 is one per core.", Min = "0", Max = "256")]
    public int Partitions { get; set; }

    [JsonRequired]
    [ConfigKey("The shops that send events, and their keys.", Min = "1", Max = "4096",
        Example = "[{ id: demo, keys: [{ key: pk_demo, kind: publishable, loopbackOnly: true }] }]")]
    public List<StoreConfig> Stores { get; set; } = [];

    [ConfigKey("What the engine accepts from a client.")]
    public LimitsConfig Limits { get; set; } = new();

    [ConfigKey("How long events are kept that cannot be used.")]
    public DeadLettersConfig DeadLetters { get; set; } = new();

    [ConfigKey("How much memory the engine plans with.")]
    public MemoryConfig Memory { get; set; } = new();

    [ConfigKey("The journal that makes events durable before they are acknowledged.")]
    public JournalConfig Journal { get; set; } = new();

    [ConfigKey("Copies of the state, so that a start need not read the whole journal.")]
    public CheckpointsConfig Checkpoints { get; set; } = new();

    [ConfigKey("How long event ids are remembered, so that an event that is sent twice counts once.")]
    public DedupConfig Dedup { get; set; } = new();

    [ConfigKey("The model that scores carts.")]
    public ScoringConfig Scoring { get; set; } = new();

    [ConfigKey("When and how to step in.")]
    public DecisionsConfig Decisions { get; set; } = new();

    [ConfigKey("Whom campaigns may contact, when and how often, and how what came of it is measured.")]
    public ContactConfig Contact { get; set; } = new();

    [ConfigKey("Where interventions go beside the shopper's own socket, by the name that campaigns use as their channel.", Max = "64")]
    public Dictionary<string, SinkConfig> Sinks { get; set; } = new(StringComparer.Ordinal);

    [ConfigKey("What the engine logs.")]
    public LogConfig Log { get; set; } = new();

    /// <summary>The folder of the file that this was loaded from: an absolute path.</summary>
    [JsonIgnore]
    public string Folder { get; set; } = Environment.CurrentDirectory;

    /// <summary>The model's file: <see cref="ScoringConfig.Model"/> as an absolute path.</summary>
    [JsonIgnore]
    public string ModelPath => Path.GetFullPath(Scoring.Model, Folder);
}

/// <summary>Where the engine listens.</summary>
public sealed class ListenConfig
{
    [ConfigKey("API, dashboard, /metrics and /health.")]
    public EndpointAddress Http { get; set; } = new("127.0.0.1", 8080);

    [ConfigKey("Event streams: WebSocket, and newline-delimited JSON or length-prefixed MessagePack over TCP, on one port.")]
    public EndpointAddress Stream { get; set; } = new("127.0.0.1", 8081);

    [ConfigKey("TLS on the HTTP port; without it the port speaks plain HTTP.")]
    public TlsConfig? HttpTls { get; set; }

    [ConfigKey("TLS on the stream port; without it the port speaks plain WebSocket and TCP.")]
    public TlsConfig? StreamTls { get; set; }

    [ConfigKey("The key of a raw TCP connection whose first message names none. Without it such a connection is refused.")]
    public string? TcpKey { get; set; }

    [ConfigKey("Connections open at one time, over both ports.", Min = "1", Max = "1000000")]
    public int MaxConnections { get; set; } = 10_000;

    [ConfigKey("Connections of one address, over both ports; 0 is any number. Behind a proxy all clients have the proxy's address.", Max = "1000000")]
    public int MaxConnectionsPerAddress { get; set; }

    [ConfigKey("How long a new connection may take to say who it is.", Min = "100ms", Max = "5m")]
    public Duration HandshakeTimeout { get; set; } = Duration.FromSeconds(10);

    [ConfigKey("A stream from which nothing came for this long, not even a pong, is closed.", Min = "1s", Max = "24h")]
    public Duration IdleTimeout { get; set; } = Duration.FromMinutes(5);

    [ConfigKey("How often a quiet stream is sent a heartbeat.", Min = "100ms", Max = "1h")]
    public Duration Heartbeat { get; set; } = Duration.FromSeconds(30);
}

/// <summary>A port's certificate.</summary>
public sealed class TlsConfig
{
    [JsonRequired]
    [ConfigKey("The certificate and its chain: a PEM file, relative to the folder of the configuration.", Example = "tls/shop.pem")]
    public string Certificate { get; set; } = "";

    [JsonRequired]
    [ConfigKey("The certificate's private key: a PEM file, relative to the folder of the configuration.", Example = "tls/shop.key")]
    public string Key { get; set; } = "";
}

/// <summary>What the engine accepts from a client.</summary>
public sealed class LimitsConfig
{
    [ConfigKey("The largest event.", Min = "256B", Max = "1MB")]
    public ByteSize Event { get; set; } = ByteSize.FromKilobytes(32);

    [ConfigKey("The largest WebSocket message or HTTP body.", Min = "256B", Max = "64MB")]
    public ByteSize Message { get; set; } = ByteSize.FromKilobytes(512);

    [ConfigKey("The most events in one batch.", Min = "1", Max = "100000")]
    public int Batch { get; set; } = 2_500;

    [ConfigKey("How far back an event's time may lie; one that is older is clamped and marked.", Max = "365d")]
    public Duration Past { get; set; } = Duration.FromHours(24);

    [ConfigKey("How far ahead an event's time may lie; one that is later is clamped and marked.", Max = "24h")]
    public Duration Future { get; set; } = Duration.FromMinutes(5);
}

/// <summary>How long events are kept that cannot be used.</summary>
public sealed class DeadLettersConfig
{
    [ConfigKey("What they may take on disk; the oldest go first.", Min = "16MB", Max = "1TB")]
    public ByteSize Size { get; set; } = ByteSize.FromMegabytes(256);

    [ConfigKey("How long one is kept.", Min = "1h", Max = "3650d")]
    public Duration Age { get; set; } = Duration.FromHours(30 * 24);
}

/// <summary>How much memory the engine plans with.</summary>
public sealed class MemoryConfig
{
    [ConfigKey("What the whole process may take; 0 is three quarters of what the machine or container has.")]
    public ByteSize Limit { get; set; }

    [ConfigKey("Cart records kept in memory, over all partitions; older ones go to disk.", Min = "16MB", Max = "16TB")]
    public ByteSize Carts { get; set; } = ByteSize.FromMegabytes(1024);

    [ConfigKey("Customer records kept in memory, over all partitions; older ones go to disk.", Min = "16MB", Max = "16TB")]
    public ByteSize Customers { get; set; } = ByteSize.FromMegabytes(128);
}

/// <summary>The journal that makes events durable before they are acknowledged.</summary>
public sealed class JournalConfig
{
    [ConfigKey("Without it, events are acknowledged when they are decided on, and a crash loses the state.")]
    public bool Enabled { get; set; } = true;

    [ConfigKey("How long an event may wait for others to be committed with.", Max = "1s")]
    public Duration CommitAge { get; set; } = Duration.FromMilliseconds(5);

    [ConfigKey("So many bytes are committed at once, however young they are.", Min = "4KB", Max = "8MB")]
    public ByteSize CommitSize { get; set; } = ByteSize.FromKilobytes(512);

    [ConfigKey("The size of a file of a new journal: rounded down to a power of two.", Min = "4MB", Max = "1GB")]
    public ByteSize Segment { get; set; } = ByteSize.FromMegabytes(64);

    [ConfigKey("Files are kept this long for replay and export, if a checkpoint does not need them longer.", Max = "3650d")]
    public Duration Retention { get; set; } = Duration.FromHours(7 * 24);

    [ConfigKey("What the files may take together, over all partitions; the oldest go first, but none that a checkpoint needs.", Min = "16MB", Max = "1024TB")]
    public ByteSize MaxSize { get; set; } = ByteSize.FromMegabytes(20 * 1024);
}

/// <summary>Copies of the state, so that a start need not read the whole journal.</summary>
public sealed class CheckpointsConfig
{
    [ConfigKey("How often one is made.", Min = "100ms", Max = "24h")]
    public Duration Interval { get; set; } = Duration.FromMinutes(5);

    [ConfigKey("How many are kept: when the newest is damaged, the one before it is used.", Min = "1", Max = "100")]
    public int Keep { get; set; } = 2;
}

/// <summary>How long event ids are remembered.</summary>
public sealed class DedupConfig
{
    [ConfigKey("An event whose id came for the same cart within this time is acknowledged and changes nothing.", Min = "1s", Max = "7d")]
    public Duration Window { get; set; } = Duration.FromHours(1);

    [ConfigKey("Memory for the ids, over all partitions; when it is full, the oldest are forgotten early.", Min = "1MB", Max = "1TB")]
    public ByteSize Memory { get; set; } = ByteSize.FromMegabytes(256);
}

/// <summary>The model that scores carts.</summary>
public sealed class ScoringConfig
{
    [ConfigKey("The ONNX model, relative to the folder of the configuration.")]
    public string Model { get; set; } = "models/purchase.onnx";

    [ConfigKey("Which events have their cart scored: all, or cart for those alone that change a cart's contents, checkout or coupon, "
        + "and those that are a campaign's trigger. Campaigns on a score then see those scores alone.")]
    public ScoredEvents Events { get; set; }

    [ConfigKey("The most carts in one run of the model.", Min = "1", Max = "4096")]
    public int Batch { get; set; } = 256;

    [ConfigKey("How long a cart may wait for its batch to fill.", Max = "1s")]
    public Duration MaxAge { get; set; } = Duration.FromMilliseconds(1);
}

/// <summary>Which events have their cart scored.</summary>
public enum ScoredEvents
{
    /// <summary>Every one.</summary>
    All,

    /// <summary>Those that change what a cart holds or how far its checkout got, and campaigns' triggers.</summary>
    Cart,
}

/// <summary>What the engine logs.</summary>
public sealed class LogConfig
{
    [ConfigKey("The least severe messages to log.")]
    public LogThreshold Level { get; set; } = LogThreshold.Information;
}

/// <summary>Severities, numbered as <c>Microsoft.Extensions.Logging.LogLevel</c> numbers them.</summary>
public enum LogThreshold
{
    /// <summary>Everything.</summary>
    Trace,

    /// <summary>What helps to find a mistake in the engine.</summary>
    Debug,

    /// <summary>What an operator may want to know.</summary>
    Information,

    /// <summary>What is odd and was coped with.</summary>
    Warning,

    /// <summary>What failed.</summary>
    Error,
}
