using CartRecovery.Engine.ControlPlane.Federation.Oidc;
using Microsoft.AspNetCore.Http;

namespace CartRecovery.Host.Api.Auth.Oidc;

/// <summary>
/// The cookie with a browser's attempt to sign in, which binds the provider's answer to the browser. Unlike the cookies of a session, it is
/// sent when the provider redirects back (<c>SameSite=Lax</c>).
/// </summary>
static class OidcCookie
{
    const string Name = "__Host-oidc";

    /// <summary>Returns the attempt; <see langword="null"/> if there is none.</summary>
    public static string? Of(HttpRequest request) => request.Cookies[Name];

    /// <summary>Sets the cookie.</summary>
    public static void Set(HttpResponse response, string attempt) => response.Cookies.Append(Name, attempt, Options(OidcAttempt.Life));

    /// <summary>Deletes the cookie.</summary>
    public static void Clear(HttpResponse response) => response.Cookies.Append(Name, "", Options(TimeSpan.Zero));

    static CookieOptions Options(TimeSpan age) => new() { HttpOnly = true, Secure = true, SameSite = SameSiteMode.Lax, Path = "/", MaxAge = age };
}
