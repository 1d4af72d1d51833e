using System.Security.Claims;
using CartRecovery.Engine.ControlPlane.Federation;
using CartRecovery.Engine.ControlPlane.Tokens;
using CartRecovery.Engine.ControlPlane.Users;
using CartRecovery.Engine.Ingest;
using CartRecovery.Engine.Ingest.Limits;
using CartRecovery.Host.Api.Audit;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http;

namespace CartRecovery.Host.Api.Access;

/// <summary>Authenticates users by access token: in the header <c>Authorization: Bearer</c>, or in a browser's cookie.</summary>
sealed class UserTokenAuthentication(AccessDirectory directory, ForeignTokens foreign, IngestOptions ingest)
{
    /// <summary>The header that a browser's session must send with requests that change something.</summary>
    public const string CsrfHeader = "X-CSRF-Token";

    public static readonly HttpProblem InvalidToken = new(401, "invalid_token", "The access token is expired, revoked or not valid. Refresh it, or sign in again.");
    public static readonly HttpProblem CsrfRequired = new(403, "csrf_token_required", "A session by cookie needs the header X-CSRF-Token. GET /v1/auth/me returns its value.");

    public static readonly HttpProblem NoRole = new(403, "no_role", "Your identity provider gives you no role here. Ask an administrator.");

    const string Bearer = "Bearer ", OwnBearer = Bearer + Paseto.Header;

    /// <summary>All roles by name.</summary>
    public IReadOnlyDictionary<string, Role> Roles => directory.Roles;

    /// <summary>Authenticates a request by another issuer's JSON Web Token.</summary>
    /// <param name="request">The request.</param>
    /// <returns>The result or the problem; neither if the request has no such token.</returns>
    public async ValueTask<(AuthenticateResult? Result, HttpProblem? Problem)> AuthenticateForeignAsync(HttpRequest request)
    {
        var header = request.Headers.Authorization.ToString();
        if (!foreign.IsConfigured || !header.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase) || header[Bearer.Length..].Trim() is not { } token || !Jwt.IsLike(token))
        {
            return (null, null);
        }

        // Limit the rate first: anyone may send a token, and verification is expensive.
        if (!RateLimitMiddleware.TryAcquireEarly(request.HttpContext, ingest.Rates))
        {
            return (AuthenticateResult.Fail(RateLimits.Exceeded.Code), RateLimits.Exceeded);
        }

        var (user, wrong) = await foreign.FindAsync(token, directory.Roles, request.HttpContext.RequestAborted);
        var problem = user is null ? InvalidToken with { Detail = $"The token is rejected: {wrong}." } : user.User.Grants.Count == 0 ? NoRole : null;
        return problem is null
            ? (AuthenticateResult.Success(new AuthenticationTicket(new ClaimsPrincipal(new UserIdentity(user!)), ApiKeyAuthentication.SchemeName)), null)
            : (AuthenticateResult.Fail(problem.Code), problem);
    }

    /// <summary>Authenticates a request by access token.</summary>
    /// <param name="request">The request.</param>
    /// <param name="hasKey">Whether the request has a store's key, which takes precedence over a cookie.</param>
    /// <param name="problem">Why authentication failed.</param>
    /// <returns><see langword="null"/> if the request has no access token.</returns>
    public AuthenticateResult? Authenticate(HttpRequest request, bool hasKey, out HttpProblem? problem)
    {
        problem = null;
        var header = request.Headers.Authorization.ToString();
        var isHeader = header.StartsWith(OwnBearer, StringComparison.OrdinalIgnoreCase);
        if (!isHeader && (hasKey || SessionCookies.AccessOf(request) is null))
        {
            return null;
        }

        var token = isHeader ? header[Bearer.Length..].Trim() : SessionCookies.AccessOf(request)!;
        var user = directory.Find(token);
        if (user is null)
        {
            problem = InvalidToken;
        }
        else if (!isHeader && !SessionCookies.IsOwnOrigin(request))
        {
            problem = SessionCookies.CrossOrigin;
        }
        else if (!isHeader && !IsSafe(request.Method) && !directory.IsCsrfToken(user.Session, request.Headers[CsrfHeader].ToString()))
        {
            problem = CsrfRequired;
        }
        else
        {
            return AuthenticateResult.Success(new AuthenticationTicket(new ClaimsPrincipal(new UserIdentity(user)), ApiKeyAuthentication.SchemeName));
        }

        if (user is not null)
        {
            request.HttpContext.Features.Set(new RefusedUser(new UserIdentity(user).ActorName));
        }

        return AuthenticateResult.Fail(problem.Code);
    }

    static bool IsSafe(string method) => HttpMethods.IsGet(method) || HttpMethods.IsHead(method) || HttpMethods.IsOptions(method);
}
