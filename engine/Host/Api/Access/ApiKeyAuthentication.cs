using System.Runtime.CompilerServices;
using System.Security.Claims;
using System.Text.Encodings.Web;
using CartRecovery.Engine.ControlPlane.Audit;
using CartRecovery.Engine.ControlPlane.Keys;
using CartRecovery.Engine.ControlPlane.Stores;
using CartRecovery.Engine.Ingest;
using CartRecovery.Engine.Ingest.Access;
using CartRecovery.Host.Api.Access.Certificates;
using CartRecovery.Host.Api.Audit;
using CartRecovery.Host.Api.Problems;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Cors.Infrastructure;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace CartRecovery.Host.Api.Access;

/// <summary>
/// Authenticates requests by API key: <c>?key=</c>, <c>X-Api-Key</c> or <c>Authorization: Bearer</c>. The principal carries the store and
/// the kind of the key as claims, and the key itself as its identity.
/// </summary>
sealed class ApiKeyAuthentication(
    IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory loggers, UrlEncoder encoder, StoreDirectory stores,
    UserTokenAuthentication users, AccessRejections rejections, AuditRecorder recorder)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, loggers, encoder)
{
    /// <summary>The scheme's name.</summary>
    public const string SchemeName = "ApiKey";

    static readonly HttpProblem s_crossOrigin = SessionCookies.CrossOrigin with { Detail = "A client certificate in a browser is for pages of this host. Elsewhere, send a key or a token." };

    // Immutable: all requests of a key share one principal.
    static readonly ConditionalWeakTable<StoreKey, AuthenticateResult> s_granted = [];

    // A handler instance serves one request.
    HttpProblem _problem = Authenticator.MissingKey;

    /// <summary>Returns the key in the request's query or headers; <see langword="null"/> if there is none.</summary>
    public static string? KeyOf(HttpRequest request) =>
        Authenticator.KeyOf(request.Query["key"], request.Headers["X-Api-Key"], request.Headers.Authorization);

    /// <inheritdoc/>
    protected override async Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        var (token, invalid) = await users.AuthenticateForeignAsync(Request);
        if (token is not null)
        {
            _problem = invalid ?? _problem;
            return token;
        }

        var key = KeyOf(Request);
        if (users.Authenticate(Request, !string.IsNullOrEmpty(key), out var refused) is { } user)
        {
            _problem = refused ?? _problem;
            return user;
        }

        if (string.IsNullOrEmpty(key))
        {
            if (Context.Features.Get<PresentedCertificate>() is { } presented)
            {
                return Authenticate(presented);
            }

            return AuthenticateResult.NoResult();
        }

        if (Authenticator.Authenticate(stores, key, ContextOf(Context), out var granted) is { } problem)
        {
            _problem = problem;
            return AuthenticateResult.Fail(problem.Code);
        }

        return s_granted.GetValue(granted, Grant);
    }

    /// <summary>Returns the context for authentication. <see cref="ClientAddressMiddleware"/> has resolved the client's address.</summary>
    public static AuthenticationContext ContextOf(HttpContext context) =>
        new(context.Connection.RemoteIpAddress, context.Request.Headers, HttpProtocol.IsHttp10(context.Request.Protocol));

    /// <summary>Responds with 401 or 403 if the key is missing, unknown, or not valid for this address or origin.</summary>
    protected override Task HandleChallengeAsync(AuthenticationProperties properties) => RejectAsync(_problem);

    /// <summary>Responds with 403 if the key's kind does not permit the request.</summary>
    protected override Task HandleForbiddenAsync(AuthenticationProperties properties) => RejectAsync(UserAccess.ProblemOf(Context));

    AuthenticateResult Authenticate(PresentedCertificate presented)
    {
        // A browser sends the certificate with the requests of any page, as it sends cookies.
        if (!SessionCookies.IsOwnOrigin(Request))
        {
            _problem = s_crossOrigin;
            return AuthenticateResult.Fail(_problem.Code);
        }

        if (presented.IsExpired)
        {
            _problem = ClientCertificates.Refused with { Detail = "The client certificate has expired. Connect with the next one." };
            return AuthenticateResult.Fail(_problem.Code);
        }

        var identity = presented.Identity;
        if (identity is { Grants.Count: > 0 })
        {
            var user = ClientTrust.UserOf(identity, users.Roles, TimeProvider.GetUtcNow());
            return AuthenticateResult.Success(new AuthenticationTicket(new ClaimsPrincipal(new UserIdentity(user)), SchemeName));
        }

        if (identity is null || presented.Port.KeyOf(identity) is not { } key)
        {
            _problem = ClientCertificates.Unknown;
            return AuthenticateResult.Fail(_problem.Code);
        }

        if (Authenticator.Authenticate(key, ContextOf(Context), out var granted) is { } problem)
        {
            _problem = problem;
            return AuthenticateResult.Fail(problem.Code);
        }

        return s_granted.GetValue(granted, Grant);
    }

    async Task RejectAsync(HttpProblem problem)
    {
        await RequestAudit.RecordRefusalAsync(Context, problem, recorder);
        rejections.Add(problem, Context.Connection.RemoteIpAddress, "http");
        var policy = Context.GetEndpoint()?.Metadata.GetMetadata<IEnableCorsAttribute>()?.PolicyName;
        if (problem == Authenticator.ForbiddenOrigin && policy == KeyOrigins.OfKey)
        {
            // For the rejection only: a page of another origin must be able to read its cause.
            Response.Headers.AccessControlAllowOrigin = Request.Headers.Origin;
            Response.Headers.Append("Vary", "Origin");
        }

        await problem.ToResult().ExecuteAsync(Context);
    }

    static AuthenticateResult Grant(StoreKey key) =>
        AuthenticateResult.Success(new AuthenticationTicket(new ClaimsPrincipal(new StoreKeyIdentity(key)), SchemeName));
}
