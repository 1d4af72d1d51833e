namespace CartRecovery.Host.Api.Auth;

/// <summary>Names a session by its refresh token, to refresh it or to sign out.</summary>
/// <param name="RefreshToken">The refresh token; absent for a session by cookie.</param>
sealed record RefreshBody(string? RefreshToken = null);
