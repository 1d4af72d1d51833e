namespace CartRecovery.Engine.ControlPlane.Federation;

/// <summary>What a JSON Web Token must say to be accepted.</summary>
/// <param name="Issuer">The issuer, exactly.</param>
/// <param name="Audience">The audience, exactly; it may be one of several.</param>
/// <param name="NeedsExpiry">Whether it must expire.</param>
public sealed record JwtRules(string Issuer, string Audience, bool NeedsExpiry = true)
{
    /// <summary>How far the issuer's clock may be off.</summary>
    public static readonly TimeSpan Leeway = TimeSpan.FromSeconds(60);

    /// <summary>Returns whether a header's <c>typ</c> is right. Kinds of tokens must not be taken for one another (RFC 8725, section 3.11).</summary>
    public Func<string?, bool> IsType { get; init; } = IsPlain;

    /// <summary>Checks the claims of a verified token.</summary>
    /// <returns>What is wrong; <see langword="null"/> if nothing is.</returns>
    public string? ProblemOf(JwtClaims claims, DateTimeOffset now) =>
        claims.Text("iss") != Issuer ? "it is of another issuer"
        : !claims.Texts("aud").Contains(Audience, StringComparer.Ordinal) ? "it is for another audience"
        : !claims.TryTime("exp", out var expires) || !claims.TryTime("nbf", out var begins) || !claims.TryTime("iat", out var issued) ? "its times are malformed"
        : NeedsExpiry && expires is null ? "it does not expire"
        : expires <= now - Leeway ? "it has expired"
        : begins > now + Leeway ? "it is not valid yet"
        : issued > now + Leeway ? "it is of the future"
        : null;

    /// <summary>Returns whether a type is that of an access token, or none.</summary>
    public static bool IsPlain(string? type) => type is null || type.Equals("JWT", StringComparison.OrdinalIgnoreCase)
        || type.Equals("at+jwt", StringComparison.OrdinalIgnoreCase) || type.Equals("application/at+jwt", StringComparison.OrdinalIgnoreCase);
}
