using System.Text.Json.Serialization;
using CartRecovery.Contracts;
using CartRecovery.Engine.Configuration.Values;

namespace CartRecovery.Engine.Configuration;

/// <summary>A sink's section: the keys common to all sinks, and its type's options.</summary>
public sealed class SinkConfig
{
    readonly Dictionary<string, OptionValue> _options = new(StringComparer.Ordinal);

    [JsonRequired]
    [ConfigKey("The type of sink.", In = ConfigNames.SinkTypes, Example = "console")]
    public string Type { get; set; } = "";

    [ConfigKey("Maximum number of interventions in one write.", Min = "1", Max = "10000")]
    public int Batch { get; set; } = 64;

    [ConfigKey("Maximum time an intervention waits for its batch to fill.", Max = "1m")]
    public Duration BatchAge { get; set; } = Duration.FromMilliseconds(50);

    [ConfigKey("Timeout of a write.", Min = "1ms", Max = "10m")]
    public Duration Timeout { get; set; } = Duration.FromSeconds(10);

    [ConfigKey("Number of retries before an intervention fails.", Min = "0", Max = "100")]
    public int Retries { get; set; } = 5;

    [ConfigKey("Maximum number of concurrent writes. 1 keeps the order.", Min = "1", Max = "256")]
    public int MaxInFlight { get; set; } = 4;

    [ConfigKey("Capacity of the sink's queue in memory. The rest waits in the database.", Min = "1", Max = "1000000")]
    public int Queue { get; set; } = 10_000;

    [ConfigKey("Maximum number of interventions per second, including retries. 0: unlimited. Default: the sink type's own limit, if it has one.", Min = "0", Max = "1000000")]
    public double? RateLimit { get; set; }

    /// <summary>The type's options in the file. Never serialised or shown, because some are secrets.</summary>
    [JsonIgnore]
    public IReadOnlyDictionary<string, OptionValue> Options => _options;

    /// <summary>Sets an option.</summary>
    internal void SetOption(string name, OptionValue value) => _options[name] = value;
}
