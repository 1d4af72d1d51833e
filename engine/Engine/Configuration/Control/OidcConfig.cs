using System.Text.Json.Serialization;

namespace CartRecovery.Engine.Configuration.Control;

/// <summary>Sign-in of people by an OpenID Connect provider.</summary>
public sealed class OidcConfig
{
    [JsonRequired]
    [ConfigKey("The provider's issuer, an https address. Its /.well-known/openid-configuration says the rest.", Example = "https://login.example")]
    public string Issuer { get; set; } = "";

    [JsonRequired]
    [ConfigKey("The client's id at the provider.", Example = "cartrecovery")]
    public string ClientId { get; set; } = "";

    [ConfigKey("The client's secret. Default: none; the code's proof key (PKCE) alone protects it.", IsSecret = true, Example = "${OIDC_SECRET}")]
    public string? ClientSecret { get; set; }

    [JsonRequired]
    [ConfigKey("Where browsers reach the HTTP port: https://HOST without a path. The provider must allow PUBLICURL/v1/auth/oidc/callback as redirect address.",
        Example = "https://recovery.shop.example")]
    public string PublicUrl { get; set; } = "";

    [ConfigKey("What is asked of the provider, besides openid.", Max = "20")]
    public List<string> Scopes { get; set; } = ["email", "profile"];

    [ConfigKey("The claim of the ID token that says the roles; a.b is the claim b within a.")]
    public string RolesClaim { get; set; } = "groups";

    [ConfigKey("The roles by the claim's value, each as ROLE or ROLE@STORE, with commas between. They replace a user's roles at each sign-in; who gets none is refused. "
        + "Default: users keep the roles that they have here.", Max = "200", Example = "{ shop-admins: admin }")]
    public Dictionary<string, string> Roles { get; set; } = new(StringComparer.Ordinal);

    [ConfigKey("known: only users who were added here may sign in. create: others get an account at their first sign-in, if roles gives them a role.")]
    public OidcAccounts Accounts { get; set; }

    [ConfigKey("Whether users who have signed in at the provider may sign in with a password as well. Who loses the account at the provider could then still come in.")]
    public bool Passwords { get; set; }

    [ConfigKey("Whether the provider must have verified the e-mail address by which a user is found at the first sign-in.")]
    public bool VerifiedEmail { get; set; } = true;
}

/// <summary>Who may sign in by the provider.</summary>
public enum OidcAccounts
{
    /// <summary>Users who were added.</summary>
    Known,

    /// <summary>All to whom the provider gives a role.</summary>
    Create,
}
