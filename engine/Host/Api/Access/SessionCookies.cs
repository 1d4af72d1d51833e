using CartRecovery.Engine.ControlPlane.Tokens;
using CartRecovery.Engine.Ingest;
using Microsoft.AspNetCore.Http;

namespace CartRecovery.Host.Api.Access;

/// <summary>
/// The cookies of a browser's session. Their prefix makes browsers require TLS (or this machine), this host and all paths. Pages cannot
/// read them, and requests from other sites do not send them. Requests from other origins of the same site do: see <see cref="IsOwnOrigin"/>.
/// </summary>
static class SessionCookies
{
    const string Access = "__Host-access", Refresh = "__Host-refresh";

    public static readonly HttpProblem CrossOrigin = new(403, "cross_origin", "Sessions by cookie are for pages of this host. Elsewhere, use the access token.");

    /// <summary>Returns whether a request comes from a page of this host, or from a client that is not a browser.</summary>
    public static bool IsOwnOrigin(HttpRequest request)
    {
        // Pages cannot set either header. Browsers omit the first without TLS.
        if (request.Headers["Sec-Fetch-Site"] is { Count: > 0 } site)
        {
            return site is ["same-origin" or "none"];
        }

        // Ignores the scheme: a proxy may have terminated TLS.
        return request.Headers.Origin is not { Count: > 0 } origin
            || (origin is [{ } text] && Uri.TryCreate(text, UriKind.Absolute, out var page) && new HostString(page.Authority) == request.Host);
    }

    /// <summary>Returns the access token; <see langword="null"/> if there is none.</summary>
    public static string? AccessOf(HttpRequest request) => request.Cookies[Access];

    /// <summary>Returns the refresh token; <see langword="null"/> if there is none.</summary>
    public static string? RefreshOf(HttpRequest request) => request.Cookies[Refresh];

    /// <summary>Sets both cookies.</summary>
    public static void Set(HttpResponse response, string access, string refresh)
    {
        response.Cookies.Append(Access, access, Options(AccessTokens.Life));
        response.Cookies.Append(Refresh, refresh, Options(Sessions.Idle));
    }

    /// <summary>Deletes both cookies.</summary>
    public static void Clear(HttpResponse response)
    {
        response.Cookies.Append(Access, "", Options(TimeSpan.Zero));
        response.Cookies.Append(Refresh, "", Options(TimeSpan.Zero));
    }

    static CookieOptions Options(TimeSpan age) => new() { HttpOnly = true, Secure = true, SameSite = SameSiteMode.Strict, Path = "/", MaxAge = age };
}
