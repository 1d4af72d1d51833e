namespace CartRecovery.Host.Api.Auth;

/// <summary>A secret for an authenticator app.</summary>
/// <param name="Secret">The secret, in base 32.</param>
/// <param name="Address">The same as an address for a QR code.</param>
sealed record TotpSecret(string Secret, string Address);
