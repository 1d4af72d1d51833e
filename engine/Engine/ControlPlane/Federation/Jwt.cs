namespace CartRecovery.Engine.ControlPlane.Federation;

/// <summary>Verifies JSON Web Tokens (RFC 7519) as RFC 8725 recommends.</summary>
public static class Jwt
{
    /// <summary>Maximum number of keys that a signature is verified with.</summary>
    public const int MaxCandidates = 4;

    /// <summary>Says that the issuer's keys could not be read. <see cref="KeySetSource.Problem"/> has the cause, which is not for clients: it names hosts and files.</summary>
    public const string NoKeys = "its issuer's keys are not at hand";

    /// <summary>Returns whether a text has the form of a token: three parts, the first of which is a JSON object.</summary>
    public static bool IsLike(string text) => text.StartsWith("eyJ", StringComparison.Ordinal) && text.Count(c => c == '.') == 2;

    /// <summary>Reads the issuer that a token names, to find its keys. Nothing is verified.</summary>
    public static string? IssuerOf(Jws token) => JwtClaims.Read(token.Payload)?.Text("iss");

    /// <summary>Verifies a token with an issuer's keys.</summary>
    /// <param name="text">The token.</param>
    /// <param name="keys">The keys.</param>
    /// <param name="rules">What it must say.</param>
    /// <param name="now">The time.</param>
    /// <param name="cancellation">Ends the wait for keys.</param>
    /// <returns>Its claims, or what is wrong with it.</returns>
    public static async ValueTask<(JwtClaims? Claims, string? Problem)> VerifyAsync(
        string text, KeySetSource keys, JwtRules rules, DateTimeOffset now, CancellationToken cancellation = default)
    {
        if (Jws.Read(text) is not { IsCanonical: true } token)
        {
            return (null, "it is malformed");
        }

        if (!rules.IsType(token.Type))
        {
            return (null, "it is a token of another kind");
        }

        var candidates = await keys.FindAsync(token.KeyId, cancellation);
        if (candidates.Count == 0)
        {
            return (null, keys.Problem is null ? "its issuer has no such key" : NoKeys);
        }

        // A key's own algorithm, where it names one, is the only one. A few keys: whoever sends a token decides how many are tried.
        if (!candidates.Where(key => key.Algorithms.Contains(token.Algorithm, StringComparer.Ordinal) && (key.Algorithm is null || key.Type != "RSA" || key.Algorithm == token.Algorithm))
            .Take(MaxCandidates).Any(token.IsSignedBy))
        {
            return (null, "its signature is not its issuer's");
        }

        return JwtClaims.Read(token.Payload) is not { } claims ? (null, "it is malformed")
            : rules.ProblemOf(claims, now) is { } wrong ? (null, wrong) : (claims, null);
    }
}
