namespace CartRecovery.Host.Api.Auth;

/// <summary>An authenticator app to set up.</summary>
/// <param name="Secret">The secret that POST /v1/auth/totp returned.</param>
/// <param name="Code">A code of the app.</param>
sealed record TotpBody(string? Secret, string? Code);
