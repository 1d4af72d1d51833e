using System.Text.Json.Serialization;
using CartRecovery.Engine.Configuration.Campaigns;
using CartRecovery.Engine.Configuration.Control;
using CartRecovery.Engine.Configuration.Data;
using CartRecovery.Engine.Configuration.Learning;
using CartRecovery.Engine.Configuration.Monitoring;
using CartRecovery.Engine.Configuration.Security;
using CartRecovery.Engine.Configuration.Settings;
using CartRecovery.Engine.Configuration.Stores;

namespace CartRecovery.Engine.Configuration;

/// <summary>The root of the configuration. A new instance holds the defaults; <see cref="ConfigLoader"/> fills it from a file.</summary>
public sealed class CartRecoveryConfig
{
    [ConfigKey("The addresses that the engine listens on, and its connection limits.")]
    public ListenConfig Listen { get; set; } = new();

    [ConfigKey("The data folder, relative to the working directory. Holds everything that must survive a restart.")]
    public string Data { get; set; } = "./data";

    [ConfigKey("Number of partitions. Worker threads serve them, at most one per core. 0: one per core. Fixed once the data folder exists.", Min = "0", Max = "256")]
    public int Partitions { get; set; }

    [JsonRequired]
    [ConfigKey("The stores and their keys.", Min = "1", Max = "4096", Reloads = true,
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

    [ConfigKey("The encryption of personal data in the data folder.")]
    public EncryptionConfig Encryption { get; set; } = new();

    [ConfigKey("The control plane: users, tokens, settings, jobs and the audit log.")]
    public ControlConfig Control { get; set; } = new();

    [ConfigKey("What the settings API may change.", Reloads = true)]
    public SettingsConfig Settings { get; set; } = new();

    [ConfigKey("Changes of jobs by their names, which 'cartrecovery jobs list' prints.", Max = "64", Reloads = true, Example = "{ upkeep: { schedule: \"30 * * * *\" } }")]
    public Dictionary<string, JobConfig> Jobs { get; set; } = new(StringComparer.Ordinal);

    [ConfigKey("The limits of the job 'data-quality': what may be missing or wrong in a store's events of an hour.", Reloads = true)]
    public DataQualityConfig DataQuality { get; set; } = new();

    [ConfigKey("Backups of the data folder, which the job 'backup' makes.", Reloads = true)]
    public BackupConfig Backup { get; set; } = new();

    [ConfigKey("The archive of events as Parquet, which the job 'archive' makes.", Reloads = true)]
    public ArchiveConfig Archive { get; set; } = new();

    [ConfigKey("Lists of orders and carts, which the job 'reconciliation' compares with what the engine has.", Reloads = true)]
    public ReconciliationConfig Reconciliation { get; set; } = new();

    [ConfigKey("Where the daily and weekly reports go. Default: none are sent.", Reloads = true)]
    public ReportsConfig? Reports { get; set; }

    [ConfigKey("The sources of secrets, and how often they are read again.")]
    public SecretsConfig Secrets { get; set; } = new();

    [ConfigKey("Deduplication of events by their ids.")]
    public DedupConfig Dedup { get; set; } = new();

    [ConfigKey("The model that scores carts.")]
    public ScoringConfig Scoring { get; set; } = new();

    [ConfigKey("Training of models on the journal.", Reloads = true)]
    public LearningConfig Learning { get; set; } = new();

    [ConfigKey("The campaigns.", Reloads = true)]
    public DecisionsConfig Decisions { get; set; } = new();

    [ConfigKey("The contact policy: who may be contacted, when and how often, and how the result is measured.", Reloads = true)]
    public ContactConfig Contact { get; set; } = new();

    [ConfigKey("Delivery channels in addition to the shopper's own socket. A campaign refers to a sink by its name here.", Max = "64", Reloads = true)]
    public Dictionary<string, SinkConfig> Sinks { get; set; } = new(StringComparer.Ordinal);

    [ConfigKey("Logging.")]
    public LogConfig Log { get; set; } = new();

    [ConfigKey("The receivers of traces, metrics and logs.")]
    public TelemetryConfig Telemetry { get; set; } = new();

    [ConfigKey("The history of metrics, queries on it, and alerts.")]
    public MonitoringConfig Monitoring { get; set; } = new();

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
    public IReadOnlyList<string> ModelPaths => PathsOf(Scoring.Model);

    /// <summary>The model's file: the first of <see cref="ModelPaths"/> that exists, else the first.</summary>
    [JsonIgnore]
    public string ModelPath => ModelPaths.FirstOrDefault(File.Exists) ?? ModelPaths[0];

    /// <summary>Returns the file of a model in <see cref="ScoringConfig.Models"/>: the first candidate that exists, else the first.</summary>
    public string PathOfModel(string name) => PathsOf(Scoring.Models[name]) is var paths && paths.FirstOrDefault(File.Exists) is { } path ? path : paths[0];

    IReadOnlyList<string> PathsOf(string model) => Path.IsPathRooted(model)
        ? [Path.GetFullPath(model)]
        : [Path.GetFullPath(model, Folder), Path.GetFullPath(model, Path.Combine(AppContext.BaseDirectory, "config"))];
}
