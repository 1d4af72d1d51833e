using CartRecovery.Engine.ControlPlane.Audit;
using CartRecovery.Engine.ControlPlane.Database;
using CartRecovery.Engine.ControlPlane.Federation;
using CartRecovery.Engine.ControlPlane.Federation.Oidc;
using CartRecovery.Engine.ControlPlane.Tokens;
using CartRecovery.Engine.ControlPlane.Users;
using CartRecovery.Engine.Ingest;
using CartRecovery.Host.Api.Access;
using CartRecovery.Host.Api.Documentation;
using CartRecovery.Host.Api.Problems;
using CartRecovery.Host.Api.Requests;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.WebUtilities;

namespace CartRecovery.Host.Api.Auth.Oidc;

/// <summary>Routes of <c>/v1/auth/oidc</c>: sign-in and sign-out through an OpenID Connect provider. The session is the same as after a password.</summary>
static class OidcRoutes
{
    const int MaxForm = 2 * Jws.MaxLength;

    static readonly HttpProblem s_notConfigured = new(404, "oidc_not_configured", "No identity provider is configured (control.oidc). Sign in with a password.");
    static readonly HttpProblem s_unavailable = new(503, "oidc_unavailable", "The identity provider is unavailable. Try again later.");
    static readonly HttpProblem s_attempt = new(400, "invalid_oidc_answer", "The answer belongs to no sign-in of this browser, or is too late. Start again at /v1/auth/oidc/login.");
    static readonly HttpProblem s_refused = new(401, "oidc_refused", "The identity provider did not sign you in.");
    static readonly HttpProblem s_unknown = new(403, "unknown_user", "You have no account here. Ask an administrator to add your e-mail address.");
    static readonly HttpProblem s_email = new(403, "email_not_verified", "The identity provider has not verified your e-mail address, or did not send it.");
    static readonly HttpProblem s_other = new(403, "account_of_another", "The account with your e-mail address belongs to another person at the identity provider. Ask an administrator to reset it.");
    static readonly HttpProblem s_logout = new(400, "invalid_logout_token", "The logout token is rejected.");

    static readonly QueryParameter<string> s_returnTo = new("returnTo", "The path to open afterwards.", "a path on this host", (text, _) => LocalPath.IsValid(text) ? text : null);
    static readonly QueryParameter<string> s_code = Text("code", "The code.");
    static readonly QueryParameter<string> s_state = Text("state", "The state of the sign-in.");
    static readonly QueryParameter<string> s_issuer = Text("iss", "The issuer (RFC 9207).");
    static readonly QueryParameter<string> s_error = Text("error", "Why the provider rejected the sign-in.");

    public static void Map(IEndpointRouteBuilder routes)
    {
        var open = routes.MapGroup("/v1/auth/oidc").WithTags(ApiTags.Auth).AllowAnonymous();
        open.MapGet("/login", LoginAsync)
            .Describe("beginOidcLogin", "Begin to sign in through the identity provider", "Redirects the browser to the provider, which redirects it back to `/v1/auth/oidc/callback`.")
            .Query(s_returnTo).Produces(StatusCodes.Status302Found).Problems(s_notConfigured, s_unavailable);
        open.MapGet("/callback", CallbackAsync)
            .Describe("endOidcLogin", "Sign in through the identity provider", "Receives the provider's answer from the browser. Sets the cookies of a session, and continues to `returnTo`.")
            .QueryAndOthers(s_code, s_state, s_issuer, s_error).Media("text/html")
            .Problems(s_notConfigured, s_attempt, s_refused, s_unknown, s_email, s_other, UserTokenAuthentication.NoRole, ControlProblems.Unavailable);
        open.MapPost("/backchannel-logout", BackchannelLogoutAsync)
            .Describe("oidcBackchannelLogout", "End sessions for the identity provider",
                "Called by the provider (OpenID Connect Back-Channel Logout 1.0) with a form: `logout_token`. Ends the sessions that the token names, within a second.")
            .Accepts<string>("application/x-www-form-urlencoded").Produces(StatusCodes.Status200OK)
            .Problems(s_notConfigured, s_unavailable, s_logout, ApiProblems.UnsupportedMediaType, ControlProblems.Unavailable);

        routes.MapGroup("/v1/auth/oidc").WithTags(ApiTags.Auth).RequireAuthorization(AccessPolicies.User).MapPost("/logout", LogoutAsync)
            .Describe("oidcLogout", "Sign out here and at the identity provider", "Ends the session, and returns the provider's sign-out page for the browser.")
            .Produces<OidcSignOut>().Problems(s_notConfigured, ControlProblems.Unavailable);
    }

    static async Task<IResult> LoginAsync(HttpContext context, RequestQuery query, OidcService oidc, ControlDatabase database)
    {
        if (oidc.Provider is not { } provider)
        {
            return s_notConfigured.ToResult();
        }

        var attempt = OidcAttempt.Begin(query.Of(s_returnTo) ?? "/", database.Time.GetUtcNow());
        var (address, _) = await provider.AuthorizeAsync(attempt, context.RequestAborted);
        if (address is null)
        {
            // The cause is in the log only: it names hosts.
            return s_unavailable.ToResult();
        }

        OidcCookie.Set(context, attempt, database.Keys, database.Time.GetUtcNow());
        return TypedResults.Redirect(address.AbsoluteUri);
    }

    static async Task CallbackAsync(
        HttpContext context, RequestQuery query, OidcService oidc, OidcSignIns signIns, AccessDirectory directory, ControlDatabase database)
    {
        if (oidc.Provider is not { } provider)
        {
            await s_notConfigured.ToResult().ExecuteAsync(context);
            return;
        }

        var address = UserIdentity.AddressOf(context) ?? "";
        if (query.Of(s_state) is not { } state || OidcCookie.Find(context.Request, state, database.Keys, database.Time.GetUtcNow()) is not { } attempt)
        {
            await s_attempt.ToResult().ExecuteAsync(context);
            return;
        }

        // The attempt is valid for one answer, whatever the outcome: a stolen cookie must not give a second try.
        OidcCookie.Clear(context.Response, attempt);
        if (!await signIns.TryUseAsync(attempt, address, context.RequestAborted))
        {
            await s_attempt.ToResult().ExecuteAsync(context);
            return;
        }

        if (query.Of(s_code) is not { } code)
        {
            await RefuseAsync($"it says '{Shown(query.Of(s_error) ?? "nothing")}'");
            return;
        }

        var (identity, problem) = await provider.ExchangeAsync(code, query.Of(s_issuer), attempt, context.RequestAborted);
        if (identity is null)
        {
            await RefuseAsync(problem!);
            return;
        }

        var (outcome, issued) = await signIns.SignInAsync(provider.Options, identity, attempt, address, context.RequestAborted);
        if (issued is null)
        {
            await (outcome switch
            {
                OidcOutcome.NoRole => UserTokenAuthentication.NoRole,
                OidcOutcome.UnverifiedEmail => s_email,
                OidcOutcome.OtherPerson => s_other,
                OidcOutcome.SignedOut => s_refused with { Detail = "You have signed out at the identity provider. Start again at /v1/auth/oidc/login." },
                _ => s_unknown,
            }).ToResult().ExecuteAsync(context);
            return;
        }

        SessionCookies.Set(context.Response, await directory.IssueAsync(issued), issued.RefreshToken);
        await OidcPages.ContinueAsync(context, attempt.ReturnTo);

        async Task RefuseAsync(string why)
        {
            await signIns.RefuseAsync("provider", address);
            await (s_refused with { Detail = $"{s_refused.Detail} ({why})" }).ToResult().ExecuteAsync(context);
        }
    }

    static async Task<IResult> BackchannelLogoutAsync(HttpContext context, OidcService oidc, OidcSignIns signIns)
    {
        if (oidc.Provider is not { } provider)
        {
            return s_notConfigured.ToResult();
        }

        if (!context.Request.HasFormContentType)
        {
            return ApiProblems.UnsupportedMediaType.ToResult();
        }

        // Anyone may post here: the body is bounded, and nothing is looked up before the signature is verified.
        using var body = await RequestBody.ReadAsync(context);
        if (body.Bytes.Length > MaxForm || FormOf(body) is not { Length: > 0 } token)
        {
            return (s_logout with { Detail = "The form has no logout_token." }).ToResult();
        }

        var (logout, problem) = await provider.ReadLogoutAsync(token, context.RequestAborted);
        if (logout is null)
        {
            return (s_logout with { Detail = $"The logout token is rejected: {problem}." }).ToResult();
        }

        context.Response.Headers.CacheControl = "no-store";
        return await signIns.LogoutAsync(provider.Options, logout, UserIdentity.AddressOf(context) ?? "", context.RequestAborted) is null
            ? (s_logout with { Detail = "The logout token was used before." }).ToResult() : TypedResults.Ok();
    }

    static async Task<IResult> LogoutAsync(HttpContext context, OidcService oidc, OidcSignIns signIns, Sessions sessions)
    {
        if (oidc.Provider is not { } provider)
        {
            return s_notConfigured.ToResult();
        }

        var user = (UserIdentity)context.User.Identity!;
        var token = await signIns.TokenOfAsync(user.User.Session, context.RequestAborted);
        var entry = new AuditEvent(user.ActorName, "user.logout", user.ActorName) { Address = UserIdentity.AddressOf(context) };
        await sessions.EndAsync(user.User.Session, entry, context.RequestAborted);
        SessionCookies.Clear(context.Response);
        return TypedResults.Ok(new OidcSignOut((await provider.EndSessionAsync(token, context.RequestAborted))?.AbsoluteUri));
    }

    static string? FormOf(RequestBody body)
    {
        try
        {
            var form = QueryHelpers.ParseQuery(System.Text.Encoding.ASCII.GetString(body.Bytes.Span));
            return form.TryGetValue("logout_token", out var values) && values is [{ } token] ? token : null;
        }
        catch (InvalidDataException)
        {
            // The form has too many fields.
            return null;
        }
    }

    static string Shown(string text) => text.Length <= 64 && text.All(c => char.IsAsciiLetterOrDigit(c) || c == '_') ? text : "an error";

    static QueryParameter<string> Text(string name, string description) => new(name, description, "a text", (text, _) => text);
}
