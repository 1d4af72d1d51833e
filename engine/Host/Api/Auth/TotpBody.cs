namespace CartRecovery.Host.Api.Auth;

/// <summary>What sets up an authenticator app.</summary>
/// <param name="Secret">The secret that POST /v1/auth/totp answered with.</param>
/// <param name="Code">A code of the app.</param>
sealed record TotpBody(string? Secret, string? Code);
