namespace CartRecovery.Host.Api.Keys;

/// <summary>A new key.</summary>
/// <param name="Key">The key's text. It is shown once and not stored.</param>
/// <param name="ApiKey">The stored record.</param>
sealed record IssuedApiKey(string Key, ApiKeyItem ApiKey);
