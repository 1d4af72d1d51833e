namespace CartRecovery.Host.Api.Auth;

/// <summary>Codes for when the authenticator app is lost. They are shown once.</summary>
/// <param name="RecoveryCodes">The codes, each good for one sign-in.</param>
sealed record TotpCodes(IReadOnlyList<string> RecoveryCodes);
