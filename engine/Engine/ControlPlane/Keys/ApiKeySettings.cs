namespace CartRecovery.Engine.ControlPlane.Keys;

/// <summary>The settings of a key, as its creator chooses them.</summary>
/// <param name="Name">A name for people.</param>
/// <param name="Kind">For browsers or for servers.</param>
/// <param name="Scopes">The scopes of a secret key; <see langword="null"/> for all that a configured key has. A publishable key has no
/// list.</param>
/// <param name="Origins">The web origins whose pages may use a publishable key, as patterns of <see cref="AllowedOrigin"/>.</param>
/// <param name="LoopbackOnly">Whether only clients on this machine may use it.</param>
/// <param name="ExpiresAt">When it expires; <see langword="null"/> for never.</param>
/// <param name="EventsPerDay">Maximum number of events a day, in the store's time zone; 0 for no limit.</param>
public sealed record ApiKeySettings(
    string Name, KeyKind Kind, IReadOnlyList<string>? Scopes, IReadOnlyList<string> Origins, bool LoopbackOnly = false, DateTimeOffset? ExpiresAt = null,
    long EventsPerDay = 0)
{
    /// <summary>Maximum length of a name, and of an origin, in characters.</summary>
    public const int MaxName = 100, MaxOrigin = 256;

    /// <summary>Maximum lifetime of a key that expires: ten years.</summary>
    public static readonly TimeSpan MaxLife = TimeSpan.FromDays(3653);

    /// <summary>Maximum of a quota, as in the configuration.</summary>
    public const long MaxEventsPerDay = 2_000_000_000;

    /// <summary>Maximum number of origins.</summary>
    public const int MaxOrigins = 100;

    /// <summary>
    /// Validates the settings. Returns the first problem, beginning with the field; <see langword="null"/> if they are valid.
    /// </summary>
    /// <param name="now">The current time.</param>
    public string? ProblemAt(DateTimeOffset now)
    {
        if (Name.Trim().Length == 0 || Name.Length > MaxName || Name.Any(char.IsControl))
        {
            return $"name: expected 1 to {MaxName} characters";
        }

        if (Origins.Count > MaxOrigins || Origins.Any(origin => origin is null || origin.Length > MaxOrigin))
        {
            return $"origins: expected at most {MaxOrigins} of at most {MaxOrigin} characters";
        }

        if (ExpiresAt <= now || ExpiresAt - now > MaxLife)
        {
            return "expiresAt: expected a future time within ten years; leave it out for never";
        }

        if (EventsPerDay is < 0 or > MaxEventsPerDay)
        {
            return $"eventsPerDay: expected 0 (unlimited) to {MaxEventsPerDay}";
        }

        if (Kind == KeyKind.Publishable)
        {
            return Scopes is null ? null : "scopes: a publishable key can only send events; leave the scopes out";
        }

        if (Origins.Count > 0)
        {
            return "origins: a secret key must not be used in pages; leave the origins out";
        }

        if (Scopes is { Count: 0 })
        {
            return "scopes: expected at least one; leave it out for all";
        }

        // A list: the first element may be null, so FirstOrDefault cannot tell "none".
        List<string?> unknown = [.. (Scopes ?? []).Where(scope => scope is null || !KeyScopes.All.Contains(scope))];
        return unknown.Count == 0 ? null
            : $"scopes: expected {string.Join(", ", KeyScopes.All.Order(StringComparer.Ordinal))}; got '{(unknown[0]?.Length > MaxName ? unknown[0]![..MaxName] : unknown[0])}'";
    }
}
