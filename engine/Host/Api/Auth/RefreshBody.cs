namespace CartRecovery.Host.Api.Auth;

/// <summary>What refreshes a session.</summary>
/// <param name="RefreshToken">The refresh token; absent for a session by cookie.</param>
sealed record RefreshBody(string? RefreshToken = null);
