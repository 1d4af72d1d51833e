namespace CartRecovery.Host.Api.Auth.Oidc;

/// <summary>Where to sign out of the identity provider too.</summary>
/// <param name="Address">Where to send the browser; null if the provider has no such page.</param>
sealed record OidcSignOut(string? Address);
