using System.Text.Json.Serialization;
using CartRecovery.Engine.Configuration.Values;

namespace CartRecovery.Engine.Configuration.Monitoring;

/// <summary>An Alertmanager that receives the alerts of the engine's rules.</summary>
public sealed class AlertmanagerTargetConfig
{
    [JsonRequired]
    [ConfigKey("The address; /api/v2/alerts is appended.", Example = "http://127.0.0.1:9093")]
    public string Url { get; set; } = "";

    [ConfigKey("The time for an answer.", Min = "100ms", Max = "1m")]
    public Duration Timeout { get; set; } = Duration.FromSeconds(10);

    [ConfigKey("Labels that are added to alerts without them, as Prometheus' external_labels.", Max = "16", Example = "{ cluster: shop-1 }")]
    public Dictionary<string, string> Labels { get; set; } = new(StringComparer.Ordinal);

    [ConfigKey("The user of basic authentication.")]
    public string? Username { get; set; }

    [ConfigKey("The password of basic authentication.", IsSecret = true)]
    public string? Password { get; set; }

    [ConfigKey("A bearer token. Either this or 'username'.", IsSecret = true)]
    public string? Token { get; set; }

    [ConfigKey("The certificate authorities that are trusted: a PEM file, relative to the folder of the configuration file. Default: the machine's.", Example = "tls/ca.pem")]
    public string? Ca { get; set; }

    [ConfigKey("The client's certificate, if the Alertmanager asks for one: a PEM file, relative to the folder of the configuration file.", Example = "tls/client.pem")]
    public string? Certificate { get; set; }

    [ConfigKey("The private key of 'certificate': a PEM file, relative to the folder of the configuration file.", Example = "tls/client.key")]
    public string? Key { get; set; }
}
