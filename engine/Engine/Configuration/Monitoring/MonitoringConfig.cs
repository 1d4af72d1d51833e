using CartRecovery.Engine.Configuration.Values;

namespace CartRecovery.Engine.Configuration.Monitoring;

/// <summary>The history of metrics, queries on it, and alerts.</summary>
public sealed class MonitoringConfig
{
    [ConfigKey("Whether the engine keeps a history of its metrics and of those that other programs send.")]
    public bool Enabled { get; set; } = true;

    [ConfigKey("How often metrics are collected. Must divide 2 hours.", Min = "1s", Max = "30s")]
    public Duration Interval { get; set; } = Duration.FromSeconds(15);

    [ConfigKey("The label 'instance' of the engine's own metrics. Default: the machine's name.")]
    public string? Instance { get; set; }

    [ConfigKey("What the history keeps.")]
    public HistoryConfig History { get; set; } = new();

    [ConfigKey("Programs whose metrics are read in the Prometheus text format, by the label 'job'.", Max = "200", Example = "{ node: { url: \"http://127.0.0.1:9100/metrics\" } }")]
    public Dictionary<string, ScrapeConfig> Targets { get; set; } = new(StringComparer.Ordinal);

    [ConfigKey("HTTP services out of whose answers metrics are read, by the label 'job'.", Max = "200",
        Example = "{ gold: { url: \"https://api.example.com/gold\", metrics: [{ name: gold_price_usd, value: $.price }] } }")]
    public Dictionary<string, HttpCollectorConfig> Collectors { get; set; } = new(StringComparer.Ordinal);

    [ConfigKey("Services that the shop needs, by name, which the engine checks: shops, payment providers, databases, certificates.", Max = "100",
        Example = "{ shop: { kind: http, target: \"https://shop.example/\" } }")]
    public Dictionary<string, ServiceConfig> Services { get; set; } = new(StringComparer.Ordinal);

    [ConfigKey("The public status page, /status.")]
    public StatusPageConfig Status { get; set; } = new();

    [ConfigKey("The bounds of a query.")]
    public MetricQueryConfig Query { get; set; } = new();

    [ConfigKey("Alert rules and where their notices go.")]
    public AlertsConfig Alerts { get; set; } = new();
}

/// <summary>What the history of metrics keeps.</summary>
public sealed class HistoryConfig
{
    [ConfigKey("How long every sample is kept.", Min = "2h", Max = "365d")]
    public Duration Keep { get; set; } = Duration.FromHours(48);

    [ConfigKey("How long samples of one minute are kept; longer than 'keep'.", Min = "2h", Max = "1000d")]
    public Duration KeepMinutes { get; set; } = Duration.FromHours(24 * 14);

    [ConfigKey("How long samples of five minutes are kept; longer than 'keepMinutes'.", Min = "2h", Max = "3650d")]
    public Duration KeepFiveMinutes { get; set; } = Duration.FromHours(24 * 396);

    [ConfigKey("The most series. Samples of further series are refused and counted.", Min = "100", Max = "1000000")]
    public int MaxSeries { get; set; } = 10_000;

    [ConfigKey("The most disk space. Beyond it the oldest samples are deleted.", Min = "10MB", Max = "1TB")]
    public ByteSize Size { get; set; } = ByteSize.FromMegabytes(1024);
}

/// <summary>The bounds of a query.</summary>
public sealed class MetricQueryConfig
{
    [ConfigKey("How long a query may take.", Min = "1s", Max = "10m")]
    public Duration Timeout { get; set; } = Duration.FromSeconds(30);

    [ConfigKey("How many samples a query may read or produce. Each takes 16 bytes of memory.", Min = "10000", Max = "100000000")]
    public int MaxSamples { get; set; } = 2_000_000;

    [ConfigKey("How many queries may run at once. Further ones wait.", Min = "1", Max = "64")]
    public int Concurrency { get; set; } = 2;
}
