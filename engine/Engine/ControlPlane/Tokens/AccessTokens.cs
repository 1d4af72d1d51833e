using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace CartRecovery.Engine.ControlPlane.Tokens;

/// <summary>The claims of an access token.</summary>
/// <param name="User">The user's id.</param>
/// <param name="Session">The session's id.</param>
/// <param name="Expires">When it expires.</param>
public sealed record AccessClaims(string User, string Session, DateTimeOffset Expires);

/// <summary>
/// Issues and verifies access tokens: PASETO v4.public with the claims <c>iss</c>, <c>aud</c>, <c>sub</c> (the user), <c>sid</c> (the
/// session), <c>jti</c>, <c>iat</c> and <c>exp</c>. The footer has the key's id; the audience is the implicit assertion. Thread-safe.
/// </summary>
public static class AccessTokens
{
    /// <summary>Lifetime of a token.</summary>
    public static readonly TimeSpan Life = TimeSpan.FromMinutes(15);

    /// <summary>The audience: this API.</summary>
    public const string Audience = "cartrecovery";

    // A footer that Issue writes has 42 bytes.
    const int MaxFooter = 256;

    static readonly byte[] s_assertion = Encoding.UTF8.GetBytes($$"""{"aud":"{{Audience}}"}""");

    /// <summary>Signs a token.</summary>
    /// <param name="key">The signing key.</param>
    /// <param name="claims">The claims.</param>
    /// <param name="now">The current time.</param>
    public static string Issue(SigningKey key, AccessClaims claims, DateTimeOffset now)
    {
        var message = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(message))
        {
            writer.WriteStartObject();
            writer.WriteString("iss"u8, Audience);
            writer.WriteString("aud"u8, Audience);
            writer.WriteString("sub"u8, claims.User);
            writer.WriteString("sid"u8, claims.Session);
            writer.WriteString("jti"u8, Guid.CreateVersion7().ToString("n"));
            writer.WriteString("iat"u8, Text(now));
            writer.WriteString("exp"u8, Text(claims.Expires));
            writer.WriteEndObject();
        }

        return Paseto.Sign(message.WrittenSpan, key.Private, Encoding.UTF8.GetBytes($$"""{"kid":"{{key.Id}}"}"""), s_assertion);
    }

    /// <summary>Verifies a token.</summary>
    /// <param name="token">The token.</param>
    /// <param name="keys">The keys to verify with, by id.</param>
    /// <param name="now">The current time.</param>
    /// <returns>The claims; <see langword="null"/> if the signature is invalid, the token has expired, or its audience is another one.</returns>
    public static AccessClaims? Verify(string token, IReadOnlyDictionary<string, SigningKey> keys, DateTimeOffset now)
    {
        if (Paseto.FooterOf(token) is not { Length: <= MaxFooter } footer || Field(footer, "kid") is not { } id || !keys.TryGetValue(id, out var key)
            || Paseto.Verify(token, key.Public, s_assertion) is not { } message)
        {
            return null;
        }

        // A stolen key is useless after its signing period.
        return Field(message, "aud") == Audience && Field(message, "sub") is { } user && Field(message, "sid") is { } session
            && TryTime(message, "exp", out var expires) && expires > now && expires <= key.Until + Life
            && TryTime(message, "iat", out var issued) && issued >= key.From
                ? new AccessClaims(user, session, expires) : null;
    }

    static bool TryTime(byte[] message, string name, out DateTimeOffset time) =>
        DateTimeOffset.TryParse(Field(message, name), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out time);

    static string Text(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture);

    // The footer is parsed before the signature is verified: treat it as hostile.
    static string? Field(byte[] json, string name)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            return document.RootElement.ValueKind == JsonValueKind.Object && document.RootElement.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String
                ? value.GetString() : null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // The latter: a text that is not Unicode.
            return null;
        }
    }
}
