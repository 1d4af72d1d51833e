namespace CartRecovery.Host.Api.Auth;

/// <summary>Recovery codes for a lost authenticator app. They are shown once.</summary>
/// <param name="RecoveryCodes">The codes, each valid for one sign-in.</param>
sealed record TotpCodes(IReadOnlyList<string> RecoveryCodes);
