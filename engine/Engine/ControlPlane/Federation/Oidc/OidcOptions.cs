namespace CartRecovery.Engine.ControlPlane.Federation.Oidc;

/// <summary>The configuration of an OpenID Connect provider.</summary>
/// <param name="Issuer">The issuer.</param>
/// <param name="ClientId">The client's id.</param>
/// <param name="ClientSecret">The client's secret; <see langword="null"/> for a public client.</param>
/// <param name="PublicUrl">The URL at which browsers reach the API.</param>
/// <param name="Scopes">The requested scopes besides <c>openid</c>.</param>
/// <param name="Roles">Maps claims to roles; <see langword="null"/> if users keep the roles that they have here.</param>
/// <param name="CreatesAccounts">Whether a first sign-in creates an account.</param>
/// <param name="NeedsVerifiedEmail">Whether the provider must have verified the e-mail address that finds the account.</param>
/// <param name="KeepsPasswords">Whether accounts that are linked to a person at the provider may sign in with a password as well.</param>
public sealed record OidcOptions(
    string Issuer, string ClientId, string? ClientSecret, Uri PublicUrl, IReadOnlyList<string> Scopes, RoleMap? Roles, bool CreatesAccounts, bool NeedsVerifiedEmail,
    bool KeepsPasswords = false)
{
    /// <summary>The redirect URI: where the provider sends browsers back to.</summary>
    public string RedirectUri => new Uri(PublicUrl, "/v1/auth/oidc/callback").AbsoluteUri;
}
