namespace CartRecovery.Host.Api.Keys;

/// <summary>A new key.</summary>
/// <param name="Key">The key itself. It is shown once, and not kept.</param>
/// <param name="ApiKey">What is kept of it.</param>
sealed record IssuedApiKey(string Key, ApiKeyItem ApiKey);
