namespace CartRecovery.Host.Api.Auth.Oidc;

/// <summary>The identity provider's sign-out page.</summary>
/// <param name="Address">The address to send the browser to; null if the provider has no such page.</param>
sealed record OidcSignOut(string? Address);
