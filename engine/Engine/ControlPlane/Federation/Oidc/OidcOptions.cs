namespace CartRecovery.Engine.ControlPlane.Federation.Oidc;

/// <summary>A provider, and how people sign in by it.</summary>
/// <param name="Issuer">The issuer.</param>
/// <param name="ClientId">The client's id.</param>
/// <param name="ClientSecret">The client's secret; <see langword="null"/> for a public client.</param>
/// <param name="PublicUrl">Where browsers reach the API.</param>
/// <param name="Scopes">What is asked for besides <c>openid</c>.</param>
/// <param name="Roles">The roles; <see langword="null"/> if users keep theirs.</param>
/// <param name="CreatesAccounts">Whether unknown people get an account.</param>
/// <param name="NeedsVerifiedEmail">Whether the e-mail address by which a user is found must be verified.</param>
public sealed record OidcOptions(
    string Issuer, string ClientId, string? ClientSecret, Uri PublicUrl, IReadOnlyList<string> Scopes, RoleMap? Roles, bool CreatesAccounts, bool NeedsVerifiedEmail)
{
    /// <summary>Where the provider sends browsers back to.</summary>
    public string RedirectUri => new Uri(PublicUrl, "/v1/auth/oidc/callback").AbsoluteUri;
}
