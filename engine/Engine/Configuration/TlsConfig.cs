using System.Text.Json.Serialization;

namespace CartRecovery.Engine.Configuration;

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
