using System.Text.Json.Serialization;
using CartRecovery.Engine.Configuration.Values;

namespace CartRecovery.Engine.Configuration;

/// <summary>A sink's section: the keys that every sink has, and the options of its type.</summary>
public sealed class SinkConfig
{
    readonly Dictionary<string, string> _options = new(StringComparer.Ordinal);

    [JsonRequired]
    [ConfigKey("The kind of sink.", In = ConfigNames.SinkTypes, Example = "console")]
    public string Type { get; set; } = "";

    [ConfigKey("The most interventions in one write.", Min = "1", Max = "10000")]
    public int Batch { get; set; } = 64;

    [ConfigKey("How long an intervention may wait for its batch to fill.", Max = "1m")]
    public Duration BatchAge { get; set; } = Duration.FromMilliseconds(50);

    [ConfigKey("How long a write may take.", Min = "1ms", Max = "10m")]
    public Duration Timeout { get; set; } = Duration.FromSeconds(10);

    [ConfigKey("How often an intervention is tried again before it is given up.", Min = "0", Max = "100")]
    public int Retries { get; set; } = 5;

    [ConfigKey("Writes under way at one time.", Min = "1", Max = "256")]
    public int MaxInFlight { get; set; } = 4;

    [ConfigKey("Interventions that may wait for this sink; the rest waits in the database.", Min = "1", Max = "1000000")]
    public int Queue { get; set; } = 10_000;

    [ConfigKey("Interventions a second at most, retries among them; 0 for no limit. Default: what the type of sink asks for, mostly no limit.", Min = "0", Max = "1000000")]
    public double? RateLimit { get; set; }

    /// <summary>The type's own options as texts, with the defaults of its spec. Never serialized or shown: some are secrets.</summary>
    [JsonIgnore]
    public IReadOnlyDictionary<string, string> Options => _options;

    /// <summary>Sets an option.</summary>
    internal void SetOption(string name, string value) => _options[name] = value;
}
