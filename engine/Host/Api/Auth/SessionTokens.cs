using System.Text.Json.Serialization;

namespace CartRecovery.Host.Api.Auth;

/// <summary>A session's tokens.</summary>
/// <param name="ExpiresIn">Seconds until the access token expires.</param>
/// <param name="AccessToken">The access token, for `Authorization: Bearer`; absent for a session by cookie.</param>
/// <param name="RefreshToken">The refresh token, for the next refresh; absent for a session by cookie.</param>
/// <param name="CsrfToken">For a session by cookie: the value of the header X-CSRF-Token in requests that change something.</param>
sealed record SessionTokens(
    int ExpiresIn,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? AccessToken = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? RefreshToken = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? CsrfToken = null);
