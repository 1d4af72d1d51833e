namespace CartRecovery.Host.Api.Auth;

/// <summary>What sets a password.</summary>
/// <param name="Token">The token of the invitation or of the reset.</param>
/// <param name="Password">The new password.</param>
sealed record PasswordBody(string? Token, string? Password);
