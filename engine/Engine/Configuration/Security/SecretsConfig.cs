using CartRecovery.Engine.Configuration.Values;

namespace CartRecovery.Engine.Configuration.Security;

/// <summary>Where secrets come from, and how often they are read again.</summary>
public sealed class SecretsConfig
{
    [ConfigKey("How often the sources of secrets are read again, and changes taken over as by a reload. Default: at a reload (SIGHUP) alone.",
        Min = "10s", Max = "7d", Reloads = true, Example = "5m")]
    public Duration? Refresh { get; set; }

    [ConfigKey("HashiCorp Vault, for secrets written as { vault: PATH#FIELD }. Default: none.", Reloads = true)]
    public VaultConfig? Vault { get; set; }
}
