using System.Text.Json.Serialization;

namespace CartRecovery.Engine.Configuration.Control;

/// <summary>An issuer whose JSON Web Tokens are accepted.</summary>
public sealed class TokenIssuerConfig
{
    [JsonRequired]
    [ConfigKey("The issuer, exactly as the claim iss of its tokens.", Example = "https://login.example/")]
    public string Issuer { get; set; } = "";

    [JsonRequired]
    [ConfigKey("The audience, exactly as in the claim aud: this API's name at the issuer.", Example = "cartrecovery")]
    public string Audience { get; set; } = "";

    [JsonRequired]
    [ConfigKey("The issuer's public keys, a JSON Web Key Set: an https address, or a file relative to the folder of the configuration file.",
        Example = "https://login.example/.well-known/jwks.json")]
    public string Keys { get; set; } = "";

    [ConfigKey("any: tokens have the type (header typ) JWT, at+jwt, or none. accessToken: at+jwt alone (RFC 9068), which tells access tokens from all others of the issuer.")]
    public TokenType Type { get; set; }

    [ConfigKey("The claim that says the roles; a.b is the claim b within a.")]
    public string RolesClaim { get; set; } = "roles";

    [ConfigKey("The roles by the claim's value, each as ROLE or ROLE@STORE, with commas between. Values that are not here give none.", Max = "200",
        Example = "{ shop-admins: admin, shop-support: \"viewer, operator@shop\" }")]
    public Dictionary<string, string> Roles { get; set; } = new(StringComparer.Ordinal);
}

/// <summary>The types of tokens that are accepted.</summary>
public enum TokenType
{
    /// <summary>JWT, at+jwt, or none.</summary>
    Any,

    /// <summary>at+jwt.</summary>
    AccessToken,
}
