using CartRecovery.Engine.Configuration.Control;

namespace CartRecovery.Engine.Configuration.Settings;

/// <summary>What the settings API and <c>cartrecovery config</c> may change.</summary>
public sealed class SettingsConfig
{
    [ConfigKey("Keys that only the file changes, with everything in them: limits.rates, sinks.mail, decisions.campaigns.checkout-left. Secrets, and the sections backup, encryption, listen, control, "
        + "secrets and this one, always are.", Max = "1000", Example = "[decisions.window, contact]")]
    public List<string> Pinned { get; set; } = [];

    [ConfigKey("required: a campaign of the API comes into force only after another person has approved it. none: its maker activates it.")]
    public ApprovalRule Approval { get; set; }

    [ConfigKey("The secrets and files that sinks of the settings API may name: environment variables, absolute paths of files, and Vault's PATH#FIELD. A * at the end stands for any ending. "
        + "Default: none.", Max = "100", Example = "[SHOP_WEBHOOK_SECRET, /run/secrets/shop/*]")]
    public List<string> References { get; set; } = [];
}
