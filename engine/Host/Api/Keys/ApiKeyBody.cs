namespace CartRecovery.Host.Api.Keys;

/// <summary>The settings of a new key.</summary>
/// <param name="Name">A name for people: 1 to 100 characters.</param>
/// <param name="Kind">publishable, for pages; or secret, for the shop's servers.</param>
/// <param name="Scopes">The scopes of a secret key, such as `events:write`; absent for all scopes.</param>
/// <param name="Origins">The origins whose pages may use a publishable key: `https://shop.example`, `http://localhost:*`, or `*`.</param>
/// <param name="LoopbackOnly">Whether only clients on the engine's machine may use it.</param>
/// <param name="ExpiresAt">When it expires; absent for never.</param>
/// <param name="EventsPerDay">Maximum number of events a day with the key, in the store's time zone; absent or 0 for no limit.</param>
sealed record ApiKeyBody(
    string? Name, string? Kind, IReadOnlyList<string>? Scopes = null, IReadOnlyList<string>? Origins = null, bool LoopbackOnly = false, DateTimeOffset? ExpiresAt = null,
    long EventsPerDay = 0);
