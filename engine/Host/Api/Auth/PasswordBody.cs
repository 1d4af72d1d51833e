namespace CartRecovery.Host.Api.Auth;

/// <summary>A new password.</summary>
/// <param name="Token">The token of the invitation or of the reset link.</param>
/// <param name="Password">The new password.</param>
sealed record PasswordBody(string? Token, string? Password);
