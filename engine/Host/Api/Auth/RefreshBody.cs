namespace CartRecovery.Host.Api.Auth;

/// <summary>A session to refresh or to end.</summary>
/// <param name="RefreshToken">The refresh token; absent for a session by cookie.</param>
sealed record RefreshBody(string? RefreshToken = null);
