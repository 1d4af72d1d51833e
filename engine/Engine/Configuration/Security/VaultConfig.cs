using System.Text.Json.Serialization;
using CartRecovery.Engine.Configuration.Values;

namespace CartRecovery.Engine.Configuration.Security;

/// <summary>HashiCorp Vault's KV secrets engine, version 2.</summary>
public sealed class VaultConfig
{
    [JsonRequired]
    [ConfigKey("Vault's address: https, or http on this machine.", Example = "https://vault.example:8200")]
    public string Address { get; set; } = "";

    [JsonRequired]
    [ConfigKey("The token, which may read the secrets and nothing else.", IsSecret = true, Example = "{ file: /run/secrets/vault-token }")]
    public string Token { get; set; } = "";

    [ConfigKey("Where the secrets engine is mounted.")]
    public string Mount { get; set; } = "secret";

    [ConfigKey("Vault's namespace. Default: none.", Example = "shop/recovery")]
    public string? Namespace { get; set; }

    [ConfigKey("The time for an answer.", Min = "100ms", Max = "1m")]
    public Duration Timeout { get; set; } = Duration.FromSeconds(5);
}
