namespace CartRecovery.Host.Api.Auth;

/// <summary>A secret for an authenticator app.</summary>
/// <param name="Secret">The secret, in base 32.</param>
/// <param name="Address">The secret as an otpauth URI, for a QR code.</param>
sealed record TotpSecret(string Secret, string Address);
