using System.Text.Json.Serialization;
using CartRecovery.Engine.Configuration.Values;

namespace CartRecovery.Engine.Configuration.Monitoring;

/// <summary>A program whose metrics the engine reads in the Prometheus text format.</summary>
public sealed class ScrapeConfig
{
    [JsonRequired]
    [ConfigKey("The address.", Example = "http://127.0.0.1:9100/metrics")]
    public string Url { get; set; } = "";

    [ConfigKey("Headers of each request.", Max = "16", IsSecret = true, Example = "{ authorization: \"Bearer ${TOKEN}\" }")]
    public Dictionary<string, string> Headers { get; set; } = new(StringComparer.Ordinal);

    [ConfigKey("How often it is read.", Min = "1s", Max = "1h")]
    public Duration Interval { get; set; } = Duration.FromSeconds(15);

    [ConfigKey("How long an answer may take; less than the interval.", Min = "100ms", Max = "5m")]
    public Duration Timeout { get; set; } = Duration.FromSeconds(10);

    [ConfigKey("The label 'instance'. Default: the address' host and port.")]
    public string? Instance { get; set; }

    [ConfigKey("Further labels of all its series.", Max = "16")]
    public Dictionary<string, string> Labels { get; set; } = new(StringComparer.Ordinal);

    [ConfigKey("The longest answer.", Min = "1KB", Max = "64MB")]
    public ByteSize Size { get; set; } = ByteSize.FromMegabytes(8);

    [ConfigKey("The most samples of an answer.", Min = "1", Max = "1000000")]
    public int MaxSamples { get; set; } = 20_000;
}

/// <summary>An HTTP service out of whose answers the engine reads metrics.</summary>
public sealed class HttpCollectorConfig
{
    [JsonRequired]
    [ConfigKey("The address.", Example = "https://api.example.com/v1/price")]
    public string Url { get; set; } = "";

    [ConfigKey("The body of a POST. Default: GET.", IsSecret = true)]
    public string? Body { get; set; }

    [ConfigKey("Headers of each request.", Max = "16", IsSecret = true, Example = "{ x-api-key: \"${API_KEY}\" }")]
    public Dictionary<string, string> Headers { get; set; } = new(StringComparer.Ordinal);

    [ConfigKey("The user of basic authentication.")]
    public string? Username { get; set; }

    [ConfigKey("The password of basic authentication.", IsSecret = true)]
    public string? Password { get; set; }

    [ConfigKey("How often it is asked.", Min = "5s", Max = "24h")]
    public Duration Interval { get; set; } = Duration.FromMinutes(1);

    [ConfigKey("How long an answer may take; less than the interval.", Min = "100ms", Max = "5m")]
    public Duration Timeout { get; set; } = Duration.FromSeconds(4);

    [ConfigKey("The label 'instance'. Default: the address' host and port.")]
    public string? Instance { get; set; }

    [ConfigKey("The longest answer.", Min = "1KB", Max = "64MB")]
    public ByteSize Size { get; set; } = ByteSize.FromMegabytes(1);

    [JsonRequired]
    [ConfigKey("What to read out of an answer.", Min = "1", Max = "100", Example = "[{ name: gold_price_usd, value: $.price }]")]
    public List<ResponseMetricConfig> Metrics { get; set; } = [];
}

/// <summary>A metric in the answers of an HTTP service.</summary>
public sealed class ResponseMetricConfig
{
    [JsonRequired]
    [ConfigKey("The metric's name.", Example = "gold_price_usd")]
    public string Name { get; set; } = "";

    [ConfigKey("What it means, in one sentence.")]
    public string? Help { get; set; }

    [ConfigKey("The type: gauge or counter.")]
    public ResponseMetricType Type { get; set; } = ResponseMetricType.Gauge;

    [ConfigKey("A JSON path to the elements that each are a series. Default: the whole answer is one.", Example = "$.data[*]")]
    public string? Items { get; set; }

    [ConfigKey("A JSON path to the number, from the element. Either this or 'pattern'.", Example = "$.price")]
    public string? Value { get; set; }

    [ConfigKey("A regular expression whose group 'value' (or first group) is the number; other named groups are labels. Either this or 'value'.", Example = "price: (?<value>[0-9.]+)")]
    public string? Pattern { get; set; }

    [ConfigKey("Labels: a text, or a JSON path from the element.", Max = "16", Example = "{ currency: $.code }")]
    public Dictionary<string, string> Labels { get; set; } = new(StringComparer.Ordinal);

    [ConfigKey("What the number is multiplied by.")]
    public double Scale { get; set; } = 1;
}

/// <summary>The type of a metric in the answers of an HTTP service.</summary>
public enum ResponseMetricType
{
    /// <summary>Rises and falls.</summary>
    Gauge,

    /// <summary>Only rises, except when it starts again.</summary>
    Counter,
}
