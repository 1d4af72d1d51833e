using System.Text.Json.Serialization;
using CartRecovery.Engine.Configuration.Values;
using CartRecovery.Engine.Pipeline;

namespace CartRecovery.Engine.Configuration;

/// <summary>The root of the configuration. A new instance holds the defaults; <see cref="ConfigLoader"/> fills it from a file.</summary>
public sealed class CartRecoveryConfig
{
    [ConfigKey("The addresses that the engine listens on, and its connection limits.")]
    public ListenConfig Listen { get; set; } = new();

    [ConfigKey("The data folder, relative to the working directory. Holds everything that must survive a restart.")]
    public string Data { get; set; } = "./data";

    [ConfigKey("Number of partitions, each with its own worker thread. 0: one per core. Fixed once the data folder exists.", Min = "0", Max = "256")]
    public int Partitions { get; set; }

    [JsonRequired]
    [ConfigKey("The stores and their keys.", Min = "1", Max = "4096",
        Example = "[{ id: demo, keys: [{ key: pk_demo, kind: publishable, loopbackOnly: true }] }]")]
    public List<StoreConfig> Stores { get; set; } = [];

    [ConfigKey("Limits on what a client may send.")]
    public LimitsConfig Limits { get; set; } = new();

    [ConfigKey("Retention of rejected events.")]
    public DeadLettersConfig DeadLetters { get; set; } = new();

    [ConfigKey("The memory budget.")]
    public MemoryConfig Memory { get; set; } = new();

    [ConfigKey("The journal, which makes events durable before they are acknowledged.")]
    public JournalConfig Journal { get; set; } = new();

    [ConfigKey("Checkpoints of the state, which shorten recovery.")]
    public CheckpointsConfig Checkpoints { get; set; } = new();

    [ConfigKey("Deduplication of events by their ids.")]
    public DedupConfig Dedup { get; set; } = new();

    [ConfigKey("The model that scores carts.")]
    public ScoringConfig Scoring { get; set; } = new();

    [ConfigKey("The campaigns.")]
    public DecisionsConfig Decisions { get; set; } = new();

    [ConfigKey("The contact policy: who may be contacted, when and how often, and how the result is measured.")]
    public ContactConfig Contact { get; set; } = new();

    [ConfigKey("Delivery channels in addition to the shopper's own socket. A campaign refers to a sink by its name here.", Max = "64")]
    public Dictionary<string, SinkConfig> Sinks { get; set; } = new(StringComparer.Ordinal);

    [ConfigKey("Logging.")]
    public LogConfig Log { get; set; } = new();

    [ConfigKey("The receivers of traces, metrics and logs.")]
    public TelemetryConfig Telemetry { get; set; } = new();

    /// <summary>Folder of the configuration file, as an absolute path.</summary>
    [JsonIgnore]
    public string Folder { get; set; } = Environment.CurrentDirectory;

    /// <summary>Locations of the values in the file, for problems found when they are used.</summary>
    [JsonIgnore]
    public ConfigOrigin Origin { get; set; } = ConfigOrigin.None;

    /// <summary>
    /// Candidate paths of the model, absolute, in order of preference: <see cref="ScoringConfig.Model"/> relative to the
    /// configuration file, then relative to the files shipped with the program.
    /// </summary>
    [JsonIgnore]
    public IReadOnlyList<string> ModelPaths => Path.IsPathRooted(Scoring.Model)
        ? [Path.GetFullPath(Scoring.Model)]
        : [Path.GetFullPath(Scoring.Model, Folder), Path.GetFullPath(Scoring.Model, Path.Combine(AppContext.BaseDirectory, "config"))];

    /// <summary>The model's file: the first of <see cref="ModelPaths"/> that exists, else the first.</summary>
    [JsonIgnore]
    public string ModelPath => ModelPaths.FirstOrDefault(File.Exists) ?? ModelPaths[0];
}

/// <summary>The addresses and limits of the listeners.</summary>
public sealed class ListenConfig
{
    [ConfigKey("Address of the HTTP port: the API, /metrics and /health.")]
    public EndpointAddress Http { get; set; } = new("127.0.0.1", 8080);

    [ConfigKey("Address of the stream port: WebSocket, and newline-delimited JSON or length-prefixed MessagePack over TCP.")]
    public EndpointAddress Stream { get; set; } = new("127.0.0.1", 8081);

    [ConfigKey("TLS for the HTTP port. Default: plain HTTP.")]
    public TlsConfig? HttpTls { get; set; }

    [ConfigKey("TLS for the stream port. Default: plain WebSocket and TCP.")]
    public TlsConfig? StreamTls { get; set; }

    [ConfigKey("The key of a TCP connection whose first message names none. Default: such a connection is rejected.")]
    public string? TcpKey { get; set; }

    [ConfigKey("Maximum number of open streams, over both ports.", Min = "1", Max = "1000000")]
    public int MaxConnections { get; set; } = 10_000;

    [ConfigKey("Maximum number of connections from one address, over both ports. 0: unlimited. Behind a proxy, all clients share the proxy's address.", Max = "1000000")]
    public int MaxConnectionsPerAddress { get; set; }

    [ConfigKey("Time allowed for a new connection to complete the TLS handshake and authenticate.", Min = "100ms", Max = "5m")]
    public Duration HandshakeTimeout { get; set; } = Duration.FromSeconds(10);

    [ConfigKey("Closes a stream from which nothing, not even a pong, arrived for this long.", Min = "1s", Max = "24h")]
    public Duration IdleTimeout { get; set; } = Duration.FromMinutes(5);

    [ConfigKey("Interval between heartbeats on a quiet stream.", Min = "100ms", Max = "1h")]
    public Duration Heartbeat { get; set; } = Duration.FromSeconds(30);
}

/// <summary>The certificate of a port.</summary>
public sealed class TlsConfig
{
    [JsonRequired]
    [ConfigKey("The certificate and its chain: a PEM file, relative to the folder of the configuration file.", Example = "tls/shop.pem")]
    public string Certificate { get; set; } = "";

    [JsonRequired]
    [ConfigKey("The certificate's private key: a PEM file, relative to the folder of the configuration file.", Example = "tls/shop.key")]
    public string Key { get; set; } = "";
}

/// <summary>Limits on client input.</summary>
public sealed class LimitsConfig
{
    [ConfigKey("Maximum size of an event.", Min = "256B", Max = "1MB")]
    public ByteSize Event { get; set; } = ByteSize.FromKilobytes(32);

    [ConfigKey("Maximum size of a WebSocket message, a TCP message or an HTTP body.", Min = "256B", Max = "64MB")]
    public ByteSize Message { get; set; } = ByteSize.FromKilobytes(512);

    [ConfigKey("Maximum number of events in one message or HTTP body.", Min = "1", Max = "100000")]
    public int Batch { get; set; } = 2_500;

    [ConfigKey("Maximum age of an event's time. An older time is clamped and marked.", Max = "365d")]
    public Duration Past { get; set; } = Duration.FromHours(24);

    [ConfigKey("Maximum distance of an event's time into the future. A later time is clamped and marked.", Max = "24h")]
    public Duration Future { get; set; } = Duration.FromMinutes(5);
}

/// <summary>The retention of rejected events.</summary>
public sealed class DeadLettersConfig
{
    [ConfigKey("Maximum size on disk. The oldest are deleted first.", Min = "16MB", Max = "1TB")]
    public ByteSize Size { get; set; } = ByteSize.FromMegabytes(256);

    [ConfigKey("How long a dead letter is kept.", Min = "1h", Max = "3650d")]
    public Duration Age { get; set; } = Duration.FromHours(30 * 24);
}

/// <summary>The memory budget.</summary>
public sealed class MemoryConfig
{
    [ConfigKey("Memory limit of the whole process. 0: three quarters of the memory of the machine or container.")]
    public ByteSize Limit { get; set; }

    [ConfigKey("Memory for cart records, over all partitions. Older records are moved to disk.", Min = "16MB", Max = "16TB")]
    public ByteSize Carts { get; set; } = ByteSize.FromMegabytes(1024);

    [ConfigKey("Memory for customer records, over all partitions. Older records are moved to disk.", Min = "16MB", Max = "16TB")]
    public ByteSize Customers { get; set; } = ByteSize.FromMegabytes(128);
}

/// <summary>The journal, which makes events durable before they are acknowledged.</summary>
public sealed class JournalConfig
{
    [ConfigKey("If false, events are acknowledged once processed, and a crash loses the state.")]
    public bool Enabled { get; set; } = true;

    [ConfigKey("Maximum time an event waits for its group commit.", Max = "1s")]
    public Duration CommitAge { get; set; } = Duration.FromMilliseconds(5);

    [ConfigKey("Starts a commit when this many bytes are pending.", Min = "4KB", Max = "8MB")]
    public ByteSize CommitSize { get; set; } = ByteSize.FromKilobytes(512);

    [ConfigKey("Compression of the journal's blocks: lz4, or none, which needs 2 to 3 times the space and less processor time. May be changed at "
        + "any time: files of either kind are read.")]
    public JournalCompression Compression { get; set; }

    [ConfigKey("File size of a new journal, rounded down to a power of two.", Min = "4MB", Max = "1GB")]
    public ByteSize Segment { get; set; } = ByteSize.FromMegabytes(64);

    [ConfigKey("How long journal files are kept for replay and export. Files that a checkpoint needs are always kept.", Max = "3650d")]
    public Duration Retention { get; set; } = Duration.FromHours(7 * 24);

    [ConfigKey("Maximum total size of the journal files, over all partitions. The oldest are deleted first; files that a checkpoint needs are "
        + "always kept.", Min = "16MB", Max = "1024TB")]
    public ByteSize MaxSize { get; set; } = ByteSize.FromMegabytes(20 * 1024);
}

/// <summary>The compression of the journal's events.</summary>
public enum JournalCompression
{
    /// <summary>LZ4 blocks.</summary>
    Lz4,

    /// <summary>No compression.</summary>
    None,
}

/// <summary>Checkpoints of the state, which shorten recovery.</summary>
public sealed class CheckpointsConfig
{
    [ConfigKey("Interval between checkpoints.", Min = "100ms", Max = "24h")]
    public Duration Interval { get; set; } = Duration.FromMinutes(5);

    [ConfigKey("Number of checkpoints to keep. If the newest is damaged, recovery uses the previous one.", Min = "1", Max = "100")]
    public int Keep { get; set; } = 2;
}

/// <summary>The deduplication of events.</summary>
public sealed class DedupConfig
{
    [ConfigKey("An event whose id was already received for the same cart within this time is acknowledged and has no effect.", Min = "1s", Max = "7d")]
    public Duration Window { get; set; } = Duration.FromHours(1);

    [ConfigKey("Memory for event ids, over all partitions. When it is full, the oldest ids are discarded early.", Min = "1MB", Max = "1TB")]
    public ByteSize Memory { get; set; } = ByteSize.FromMegabytes(256);
}

/// <summary>The model that scores carts.</summary>
public sealed class ScoringConfig
{
    [ConfigKey("The ONNX model, relative to the folder of the configuration file, or else to config/ beside the program.")]
    public string Model { get; set; } = "models/purchase.onnx";

    [ConfigKey("The events that are scored. all: every event. cart: events that change a cart's contents, checkout or coupon, and events that "
        + "trigger a campaign; score triggers then see only those scores.")]
    public ScoredEvents Events { get; set; }

    [ConfigKey("Maximum number of rows in one run of the model.", Min = "1", Max = "4096")]
    public int Batch { get; set; } = 256;

    [ConfigKey("Maximum time a row waits for its batch to fill.", Max = "1s")]
    public Duration MaxAge { get; set; } = Duration.FromMilliseconds(1);
}

/// <summary>Logging.</summary>
public sealed class LogConfig
{
    [ConfigKey("Minimum severity of messages to log.")]
    public LogThreshold Level { get; set; } = LogThreshold.Information;
}

/// <summary>Log levels, numbered like <c>Microsoft.Extensions.Logging.LogLevel</c>.</summary>
public enum LogThreshold
{
    /// <summary>All details.</summary>
    Trace,

    /// <summary>Details for debugging the engine.</summary>
    Debug,

    /// <summary>Events of interest to an operator.</summary>
    Information,

    /// <summary>Unexpected conditions that were handled.</summary>
    Warning,

    /// <summary>Failures.</summary>
    Error,
}
