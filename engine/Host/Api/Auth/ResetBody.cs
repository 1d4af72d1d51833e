namespace CartRecovery.Host.Api.Auth;

/// <summary>A request for a new password.</summary>
/// <param name="Email">The e-mail address.</param>
sealed record ResetBody(string? Email);
