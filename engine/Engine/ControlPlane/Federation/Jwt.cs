namespace CartRecovery.Engine.ControlPlane.Federation;

/// <summary>Verifies JSON Web Tokens (RFC 7519) with the checks that RFC 8725 recommends.</summary>
public static class Jwt
{
    /// <summary>Maximum number of keys tried for a signature.</summary>
    public const int MaxCandidates = 4;

    /// <summary>
    /// The problem if an issuer's keys cannot be read. The cause (<see cref="KeySetSource.Problem"/>) is not for clients: it names hosts and files.
    /// </summary>
    public const string NoKeys = "its issuer's keys are not available";

    /// <summary>Returns whether a text has the form of a token: three parts, the first of which is a JSON object.</summary>
    public static bool IsLike(string text) => text.StartsWith("eyJ", StringComparison.Ordinal) && text.Count(c => c == '.') == 2;

    /// <summary>Returns the issuer that a token names, to find its keys. Verifies nothing.</summary>
    public static string? IssuerOf(Jws token) => JwtClaims.Read(token.Payload)?.Text("iss");

    /// <summary>Verifies a token with an issuer's keys.</summary>
    /// <param name="text">The token.</param>
    /// <param name="keys">The issuer's keys.</param>
    /// <param name="rules">The required claims.</param>
    /// <param name="now">The current time.</param>
    /// <param name="cancellation">Cancels the wait for keys.</param>
    /// <returns>The claims, or why the token is rejected.</returns>
    public static async ValueTask<(JwtClaims? Claims, string? Problem)> VerifyAsync(
        string text, KeySetSource keys, JwtRules rules, DateTimeOffset now, CancellationToken cancellation = default)
    {
        if (Jws.Read(text) is not { IsCanonical: true } token)
        {
            return (null, "it is malformed");
        }

        if (!rules.IsType(token.Type))
        {
            return (null, "its type is not accepted");
        }

        var candidates = await keys.FindAsync(token.KeyId, cancellation);
        if (candidates.Count == 0)
        {
            return (null, keys.Problem is null ? "its issuer has no key with its id" : NoKeys);
        }

        // An RSA key with an "alg" verifies that algorithm only. The sender of a token must not decide how many keys are tried: the number is bounded.
        if (!candidates.Where(key => key.Algorithms.Contains(token.Algorithm, StringComparer.Ordinal) && (key.Algorithm is null || key.Type != "RSA" || key.Algorithm == token.Algorithm))
            .Take(MaxCandidates).Any(token.IsSignedBy))
        {
            return (null, "its signature is invalid");
        }

        return JwtClaims.Read(token.Payload) is not { } claims ? (null, "it is malformed")
            : rules.ProblemOf(claims, now) is { } wrong ? (null, wrong) : (claims, null);
    }
}
