namespace CartRecovery.Engine.ControlPlane.Keys;

/// <summary>What a key may do, as whoever makes it says.</summary>
/// <param name="Name">What people call it.</param>
/// <param name="Kind">For browsers or for servers.</param>
/// <param name="Scopes">What a secret key may do; <see langword="null"/> for all that keys of the configuration may. A publishable key has none.</param>
/// <param name="Origins">The web origins whose pages may use a publishable key, as patterns of <see cref="AllowedOrigin"/>.</param>
/// <param name="LoopbackOnly">Whether only clients on this machine may use it.</param>
/// <param name="ExpiresAt">When it ends; <see langword="null"/> for never.</param>
public sealed record ApiKeySettings(
    string Name, KeyKind Kind, IReadOnlyList<string>? Scopes, IReadOnlyList<string> Origins, bool LoopbackOnly = false, DateTimeOffset? ExpiresAt = null)
{
    /// <summary>Maximum length of a name, in characters, and of an origin.</summary>
    public const int MaxName = 100, MaxOrigin = 256;

    /// <summary>Maximum number of origins.</summary>
    public const int MaxOrigins = 100;

    /// <summary>Returns what is wrong, beginning with the field; <see langword="null"/> if nothing is.</summary>
    /// <param name="now">The time.</param>
    public string? ProblemAt(DateTimeOffset now) =>
        Name.Trim().Length == 0 || Name.Length > MaxName || Name.Any(char.IsControl) ? $"name: expected 1 to {MaxName} characters"
        : Origins.Count > MaxOrigins || Origins.Any(origin => origin.Length > MaxOrigin) ? $"origins: expected at most {MaxOrigins} of at most {MaxOrigin} characters"
        : ExpiresAt <= now ? "expiresAt: expected a time to come"
        : Kind == KeyKind.Publishable
            ? Scopes is not null ? "scopes: a publishable key sends events and nothing else, so that it has no scopes" : null
        : Origins.Count > 0 ? "origins: a secret key is never for pages; expected none"
        : Scopes is { Count: 0 } ? "scopes: expected one at least; leave it out for all"
        : Scopes?.FirstOrDefault(scope => !KeyScopes.All.Contains(scope)) is { } unknown
            ? $"scopes: expected {string.Join(", ", KeyScopes.All.Order(StringComparer.Ordinal))}; got '{(unknown.Length > MaxName ? unknown[..MaxName] : unknown)}'" : null;
}
