using CartRecovery.Engine.Configuration.Monitoring;
using CartRecovery.Engine.Configuration.Values;

namespace CartRecovery.Engine.Configuration.Control;

/// <summary>The control plane: users, tokens, settings, jobs and the audit log.</summary>
public sealed class ControlConfig
{
    [ConfigKey("A PostgreSQL database that several engines share, as postgres://USER:PASSWORD@HOST:PORT/DATABASE; they need the same encryption.key. "
        + "Default: SQLite, the file 'control.db' in the data folder.", IsSecret = true)]
    public string? Database { get; set; }

    [ConfigKey("The sink that mails invitations and links to set a new password: the name of an e-mail sink under sinks. Needs contact.publicUrl. Default: no mails.",
        Reloads = true, Example = "mail")]
    public string? Mail { get; set; }

    [ConfigKey("Where notices of failed and late jobs, and reports, go. Default: to the log alone.", Reloads = true, Example = "{ sink: ops, to: ops@shop.example }")]
    public NoticesConfig? Notices { get; set; }

    [ConfigKey("How long entries of the audit log are kept.", Min = "1d", Max = "3650d", Reloads = true)]
    public Duration AuditRetention { get; set; } = Duration.FromHours(90 * 24);

    [ConfigKey("Issuers whose JSON Web Tokens are accepted as Authorization: Bearer, by a name for the audit log.", Max = "32", Reloads = true,
        Example = "{ platform: { issuer: https://login.example/, audience: cartrecovery, keys: https://login.example/jwks.json, roles: { ops: operator } } }")]
    public Dictionary<string, TokenIssuerConfig> Tokens { get; set; } = new(StringComparer.Ordinal);

    [ConfigKey("Sign-in of people by an OpenID Connect provider. Default: passwords alone.", Reloads = true)]
    public OidcConfig? Oidc { get; set; }
}
