namespace CartRecovery.Host.Api.Keys;

/// <summary>What a new key may do.</summary>
/// <param name="Name">What people call it: 1 to 100 characters.</param>
/// <param name="Kind">publishable, for pages; or secret, for the shop's servers.</param>
/// <param name="Scopes">What a secret key may do, such as `events:write`; absent for all that keys may.</param>
/// <param name="Origins">The origins whose pages may use a publishable key: `https://shop.example`, `http://localhost:*`, or `*`.</param>
/// <param name="LoopbackOnly">Whether only clients on the engine's machine may use it.</param>
/// <param name="ExpiresAt">When it ends; absent for never.</param>
sealed record ApiKeyBody(
    string? Name, string? Kind, IReadOnlyList<string>? Scopes = null, IReadOnlyList<string>? Origins = null, bool LoopbackOnly = false, DateTimeOffset? ExpiresAt = null);
