namespace CartRecovery.Engine.ControlPlane.Federation;

/// <summary>The claims that a JSON Web Token must have.</summary>
/// <param name="Issuer">The issuer; compared exactly.</param>
/// <param name="Audience">The audience; compared exactly, with each one of a list.</param>
/// <param name="NeedsExpiry">Whether the token must have an expiry.</param>
public sealed record JwtRules(string Issuer, string Audience, bool NeedsExpiry = true)
{
    /// <summary>Tolerated difference between the issuer's clock and ours.</summary>
    public static readonly TimeSpan Leeway = TimeSpan.FromSeconds(60);

    // Claims of ID tokens (OpenID Connect Core 1.0, sections 2 and 3.3.2.11) and of security events (RFC 8417).
    static readonly string[] s_ofOthers = ["nonce", "at_hash", "c_hash", "s_hash", "events"];

    /// <summary>Returns whether a header's <c>typ</c> is accepted. Prevents confusion of one kind of token with another (RFC 8725, section 3.11).</summary>
    public Func<string?, bool> IsType { get; init; } = IsPlain;

    /// <summary>Checks the claims of a token whose signature is verified.</summary>
    /// <returns>The first problem; <see langword="null"/> if there is none.</returns>
    public string? ProblemOf(JwtClaims claims, DateTimeOffset now) =>
        claims.Text("iss") != Issuer ? "its issuer does not match"
        : !claims.Texts("aud").Contains(Audience, StringComparer.Ordinal) ? "its audience does not match"
        : !claims.TryTime("exp", out var expires) || !claims.TryTime("nbf", out var begins) || !claims.TryTime("iat", out var issued) ? "its times are malformed"
        : NeedsExpiry && expires is null ? "it has no expiry"
        : expires <= now - Leeway ? "it has expired"
        : begins > now + Leeway ? "it is not valid yet"
        : issued > now + Leeway ? "it was issued in the future"
        : null;

    /// <summary>Returns whether a <c>typ</c> is absent, <c>JWT</c>, or that of an access token.</summary>
    public static bool IsPlain(string? type) => type is null || type.Equals("JWT", StringComparison.OrdinalIgnoreCase) || IsAccessToken(type);

    /// <summary>Returns whether a <c>typ</c> is that of an access token (RFC 9068, section 2.1).</summary>
    public static bool IsAccessToken(string? type) => type is not null
        && (type.Equals("at+jwt", StringComparison.OrdinalIgnoreCase) || type.Equals("application/at+jwt", StringComparison.OrdinalIgnoreCase));

    /// <summary>Returns why a verified token is not a bearer's access token; <see langword="null"/> if it may be one.</summary>
    public static string? OtherKindOf(JwtClaims claims) =>
        s_ofOthers.Any(name => claims.Json.TryGetProperty(name, out _)) ? "it is an ID token or a security event, not an access token"
        : claims.Json.TryGetProperty("cnf", out _) ? "it is bound to a key of its sender, which is not supported" : null;
}
