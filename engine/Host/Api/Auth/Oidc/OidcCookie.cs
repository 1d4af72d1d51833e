using CartRecovery.Engine.ControlPlane.Database;
using CartRecovery.Engine.ControlPlane.Federation.Oidc;
using Microsoft.AspNetCore.Http;

namespace CartRecovery.Host.Api.Auth.Oidc;

/// <summary>
/// The cookies with a browser's attempts to sign in, which bind the provider's answers to the browser: one for each tab. Unlike the cookies of a session, they are
/// sent when the provider redirects back (<c>SameSite=Lax</c>).
/// </summary>
static class OidcCookie
{
    /// <summary>Maximum number of attempts of a browser. A further one replaces the oldest.</summary>
    public const int MaxAttempts = 4;

    const string Prefix = "__Host-oidc-";

    // Of the state, which is random: tells the attempts of a browser apart.
    const int NameLength = 16;

    /// <summary>Returns the attempt of a state; <see langword="null"/> if the browser has none.</summary>
    public static OidcAttempt? Find(HttpRequest request, string state, ControlKeys keys, DateTimeOffset now) =>
        NameOf(state) is { } name && request.Cookies[name] is { } text && OidcAttempt.Open(text, keys, now) is { } attempt && attempt.Matches(state) ? attempt : null;

    /// <summary>Sets the cookie of an attempt. Deletes those of expired attempts, and of the oldest beyond <see cref="MaxAttempts"/>.</summary>
    public static void Set(HttpContext context, OidcAttempt attempt, ControlKeys keys, DateTimeOffset now)
    {
        var known = context.Request.Cookies.Where(cookie => cookie.Key.StartsWith(Prefix, StringComparison.Ordinal))
            .Select(cookie => (cookie.Key, OidcAttempt.Open(cookie.Value, keys, now)?.Expires)).OrderByDescending(cookie => cookie.Expires).ToList();
        foreach (var (name, _) in known.Where((cookie, i) => cookie.Expires is null || i >= MaxAttempts - 1))
        {
            Delete(context.Response, name);
        }

        context.Response.Cookies.Append(NameOf(attempt.State)!, attempt.Seal(keys), Options(OidcAttempt.Life));
    }

    /// <summary>Deletes the cookie of an attempt.</summary>
    public static void Clear(HttpResponse response, OidcAttempt attempt) => Delete(response, NameOf(attempt.State)!);

    static string? NameOf(string state) => state.Length >= NameLength ? Prefix + state[..NameLength] : null;

    static void Delete(HttpResponse response, string name) => response.Cookies.Append(name, "", Options(TimeSpan.Zero));

    static CookieOptions Options(TimeSpan age) => new() { HttpOnly = true, Secure = true, SameSite = SameSiteMode.Lax, Path = "/", MaxAge = age };
}
