using CartRecovery.Engine.Configuration.Values;

namespace CartRecovery.Engine.Configuration.Monitoring;

/// <summary>The public status page.</summary>
public sealed class StatusPageConfig
{
    [ConfigKey("Whether /status answers. Everybody who reaches listen.http may read it.")]
    public bool Enabled { get; set; }

    [ConfigKey("The page's title.", Example = "Shop status")]
    public string Title { get; set; } = "Status";

    [ConfigKey("How many days the bars show.", Min = "1", Max = "365")]
    public int Days { get; set; } = 90;

    [ConfigKey("How long an answer is kept. However many people read the page, it is made once in this time.", Min = "1s", Max = "10m")]
    public Duration Refresh { get; set; } = Duration.FromSeconds(30);

    [ConfigKey("What the page shows, by the name that people read, in this order.", Max = "50", Example = "{ Checkout: { services: [payments], parts: [journal, partition-*] } }")]
    public Dictionary<string, StatusComponentConfig> Components { get; set; } = new(StringComparer.Ordinal);
}

/// <summary>A component of the status page: as bad as the worst of what it consists of.</summary>
public sealed class StatusComponentConfig
{
    static readonly string[] s_parts =
    [
        "alerts", "campaigns", "certificates", "checkpoints", "clock", "configuration", "control", "deadletters", "disk", "issuers", "jobs", "journal", "model", "monitoring",
        "outreach", "quotas", "rates", "recipients", "settings", "streams",
    ];

    [ConfigKey("Services of monitoring.services.")]
    public List<string> Services { get; set; } = [];

    [ConfigKey("Parts of /health. A * at the end matches several.", Example = "[journal, partition-*]")]
    public List<string> Parts { get; set; } = [];

    /// <summary>Returns whether the component has the part.</summary>
    public bool HasPart(string name) => Parts.Exists(pattern => IsMatch(pattern, name));

    /// <summary>Returns whether <c>/health</c> can have such a part.</summary>
    /// <param name="pattern">A name, or the begin of names with <c>*</c> at its end.</param>
    public static bool IsPart(string pattern) =>
        pattern is "*" || s_parts.Any(part => IsMatch(pattern, part)) || pattern.StartsWith("partition-", StringComparison.Ordinal) || pattern.StartsWith("sink-", StringComparison.Ordinal);

    /// <summary>Returns whether a name is the pattern, or begins with it if it ends with <c>*</c>.</summary>
    public static bool IsMatch(string pattern, string name) => pattern.EndsWith('*')
        ? name.AsSpan().StartsWith(pattern.AsSpan(0, pattern.Length - 1), StringComparison.Ordinal) : pattern == name;
}
