using System.Globalization;
using CartRecovery.Engine.ControlPlane.Audit;
using CartRecovery.Engine.ControlPlane.Stores;
using CartRecovery.Engine.ControlPlane.Tokens;
using CartRecovery.Engine.ControlPlane.Users;
using CartRecovery.Engine.Ingest;
using CartRecovery.Host.Api.Access;
using CartRecovery.Host.Api.Documentation;
using CartRecovery.Host.Api.Members;
using CartRecovery.Host.Api.Problems;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace CartRecovery.Host.Api.Auth;

/// <summary>Routes of <c>/v1/auth</c>: sign-in and sign-out, passwords and authenticator apps.</summary>
static class AuthRoutes
{
    static readonly HttpProblem s_invalid = new(400, "invalid_credentials", "The body lacks an e-mail address, a password or a token.");
    static readonly HttpProblem s_wrong = new(401, "wrong_credentials", "The e-mail address, the password or the code is wrong.");
    static readonly HttpProblem s_codeRequired = new(401, "code_required", "Send a code of the authenticator app as well, or a recovery code.");
    static readonly HttpProblem s_throttled = new(429, "too_many_attempts", "Too many attempts to sign in. Try again after the seconds in Retry-After.");
    static readonly HttpProblem s_overloaded = ApiProblems.Overloaded with { Detail = "Too many sign-ins are in progress. Try again in a second." };
    static readonly HttpProblem s_reused = new(401, "refresh_token_reused", "The refresh token was used before, so the session has ended. Sign in again.");
    static readonly HttpProblem s_refused = new(401, "invalid_refresh_token", "The refresh token is expired or unknown. Sign in again.");
    static readonly HttpProblem s_link = new(404, "link_not_found", "The link is unknown, used or expired. Ask for another one.");
    static readonly HttpProblem s_password = new(400, "weak_password", "The password is too short, or easy to guess.");
    static readonly HttpProblem s_noMail = new(409, "no_mail", "The engine sends no mails: control.mail is not configured. Ask an administrator for a link.");
    static readonly HttpProblem s_code = new(400, "wrong_code", "The code is wrong, or an authenticator app is set up already.");

    public static void Map(IEndpointRouteBuilder routes)
    {
        var open = routes.MapGroup("/v1/auth").WithTags(ApiTags.Auth).AllowAnonymous();
        open.MapPost("/login", LoginAsync)
            .Describe("login", "Sign in", "Begins a session. Access tokens are valid for 15 minutes; a refresh token is valid for one refresh.")
            .Produces<SessionTokens>().Problems(ApiProblems.InvalidJson, s_invalid, s_wrong, s_codeRequired, s_throttled, s_overloaded, SessionCookies.CrossOrigin,
                ControlProblems.Unavailable);
        open.MapPost("/refresh", RefreshAsync)
            .Describe("refresh", "Refresh a session", "Returns new tokens. A refresh token may be used again within ten seconds, as two tabs of a browser do. Later reuse ends the session, because the token was copied.")
            .Produces<SessionTokens>().Problems(ApiProblems.InvalidJson, s_refused, s_reused, SessionCookies.CrossOrigin, ControlProblems.Unavailable);
        open.MapPost("/password", SetPasswordAsync)
            .Describe("setPassword", "Set a password", "Sets a user's password with the token of an invitation or of a reset, and ends all sessions of the user.")
            .Produces(StatusCodes.Status204NoContent).Problems(ApiProblems.InvalidJson, s_invalid, s_link, s_password, s_overloaded, ControlProblems.Unavailable);

        open.MapPost("/reset", Reset)
            .Describe("requestReset", "Request a new password", "Mails a link to the address if it belongs to a member. The answer is the same for any address.")
            .Produces(StatusCodes.Status202Accepted).Problems(ApiProblems.InvalidJson, s_invalid, s_throttled, s_noMail);
        open.MapGet("/password", ChoosePassword)
            .Describe("choosePassword", "Choose a password", "The page that the links in e-mails open. The link's token is in the fragment.").QueryAndOthers().Media("text/html");

        var own = routes.MapGroup("/v1/auth").WithTags(ApiTags.Auth).RequireAuthorization(AccessPolicies.User);
        routes.MapPost("/v1/auth/logout", LogoutAsync).WithTags(ApiTags.Auth).RequireAuthorization(AccessPolicies.Session)
            .Describe("logout", "Sign out",
                "Ends the session: its tokens are rejected from now on. The access token, the cookies or a refresh token name the session; the access token may have expired.")
            .Produces(StatusCodes.Status204NoContent).Problems(ApiProblems.InvalidJson, ControlProblems.Unavailable);
        own.MapGet("/me", Me).Describe("getCurrentUser", "Get the current user", "The user who is signed in, with roles and permissions.").Produces<CurrentUser>();
        own.MapPost("/totp", BeginTotp)
            .Describe("beginTotp", "Begin to set up an authenticator app", "Returns a new secret. It takes effect when `POST /v1/auth/totp/confirm` receives a code.").Produces<TotpSecret>();
        own.MapPost("/totp/confirm", ConfirmTotpAsync)
            .Describe("confirmTotp", "Set up an authenticator app", "From now on, signing in requires a code of the app. Returns recovery codes.")
            .Produces<TotpCodes>().Problems(ApiProblems.InvalidJson, s_code, ControlProblems.Unavailable);
    }

    static async Task<IResult> LoginAsync(HttpContext context, LoginBody body, Logins logins, AccessDirectory directory)
    {
        if (body.Email is not { Length: > 0 } email || body.Password is not { Length: > 0 } password)
        {
            return s_invalid.ToResult();
        }

        // Otherwise a page of another origin could sign the browser in as another user.
        if (body.Cookie && !SessionCookies.IsOwnOrigin(context.Request))
        {
            return SessionCookies.CrossOrigin.ToResult();
        }

        try
        {
            var result = await logins.LoginAsync(email, password, body.Code, UserIdentity.AddressOf(context) ?? "", context.RequestAborted);
            switch (result.Outcome)
            {
                case LoginOutcome.SignedIn:
                    return await AnswerAsync(context, directory, result.Issued!, body.Cookie);
                case LoginOutcome.CodeRequired:
                    return s_codeRequired.ToResult();
                case LoginOutcome.Throttled:
                    context.Response.Headers.RetryAfter = Math.Ceiling(result.Wait.TotalSeconds).ToString(CultureInfo.InvariantCulture);
                    return s_throttled.ToResult();
                default:
                    return s_wrong.ToResult();
            }
        }
        catch (OverloadedException)
        {
            context.Response.Headers.RetryAfter = "1";
            return s_overloaded.ToResult();
        }
    }

    static async Task<IResult> RefreshAsync(HttpContext context, RefreshBody body, Sessions sessions, AccessDirectory directory)
    {
        if (body.RefreshToken is null && SessionCookies.RefreshOf(context.Request) is not null && !SessionCookies.IsOwnOrigin(context.Request))
        {
            return SessionCookies.CrossOrigin.ToResult();
        }

        var token = body.RefreshToken ?? SessionCookies.RefreshOf(context.Request);
        var (outcome, issued) = token is { Length: > 0 } ? await sessions.RefreshAsync(token, UserIdentity.AddressOf(context), context.RequestAborted) : (RefreshOutcome.Refused, null);
        return outcome switch
        {
            RefreshOutcome.Refreshed => await AnswerAsync(context, directory, issued!, byCookie: body.RefreshToken is null),
            RefreshOutcome.Reused => s_reused.ToResult(),
            _ => s_refused.ToResult(),
        };
    }

    static async Task<IResult> SetPasswordAsync(HttpContext context, PasswordBody body, UserStore users, Passwords passwords)
    {
        if (body.Token is not { Length: > 0 } token || body.Password is not { Length: > 0 } password)
        {
            return s_invalid.ToResult();
        }

        if (await users.OwnerOfAsync(token, context.RequestAborted) is not { } user)
        {
            return s_link.ToResult();
        }

        if (Passwords.ProblemOf(password, user.Email) is { } problem)
        {
            return (s_password with { Detail = $"password: {problem}." }).ToResult();
        }

        try
        {
            var hash = await passwords.HashAsync(password, context.RequestAborted);
            return await users.AcceptAsync(token, hash, UserIdentity.AddressOf(context), context.RequestAborted) is null ? s_link.ToResult() : TypedResults.NoContent();
        }
        catch (OverloadedException)
        {
            return s_overloaded.ToResult();
        }
    }

    static IResult ChoosePassword() => PasswordPage.Result;

    // Must not depend on whether the address is known: PasswordResets works in the background.
    static IResult Reset(HttpContext context, ResetBody body, PasswordResets resets, MemberMail mail)
    {
        if (body.Email is not { Length: > 0 } email)
        {
            return s_invalid.ToResult();
        }

        if (!mail.IsConfigured)
        {
            return s_noMail.ToResult();
        }

        if (resets.Request(email, UserIdentity.AddressOf(context)) is { Ticks: > 0 } wait)
        {
            context.Response.Headers.RetryAfter = Math.Ceiling(wait.TotalSeconds).ToString(CultureInfo.InvariantCulture);
            return s_throttled.ToResult();
        }

        return TypedResults.Accepted((string?)null);
    }

    static async Task<IResult> LogoutAsync(HttpContext context, RefreshBody? body, Sessions sessions, AccessDirectory directory)
    {
        (string User, string Session)? session = null;
        var signedIn = context.User.Identity as UserIdentity;
        if (signedIn is { User: { Session.Length: > 0 } user })
        {
            session = (user.User.Id, user.Session);
        }
        else if (body?.RefreshToken is { Length: > 0 } token)
        {
            session = await sessions.FindAsync(token, context.RequestAborted);
        }
        else if (SessionCookies.RefreshOf(context.Request) is { Length: > 0 } cookie)
        {
            if (!SessionCookies.IsOwnOrigin(context.Request))
            {
                return SessionCookies.CrossOrigin.ToResult();
            }

            session = await sessions.FindAsync(cookie, context.RequestAborted);
            if (session is var (_, known) && !directory.IsCsrfToken(known, context.Request.Headers[UserTokenAuthentication.CsrfHeader].ToString()))
            {
                return UserTokenAuthentication.CsrfRequired.ToResult();
            }
        }
        else if (signedIn is null)
        {
            return Results.Challenge();
        }

        // A certificate or a token of another issuer has no session. Signing out of an ended session succeeds as well.
        if (session is var (id, ended))
        {
            await sessions.EndAsync(ended, new AuditEvent($"user:{id}", "user.logout", $"user:{id}") { Address = UserIdentity.AddressOf(context) }, context.RequestAborted);
        }

        if (SessionCookies.IsOwnOrigin(context.Request))
        {
            SessionCookies.Clear(context.Response);
        }

        return TypedResults.NoContent();
    }

    static Ok<CurrentUser> Me(HttpContext context, StoreDirectory stores, AccessDirectory directory)
    {
        var signedIn = UserOf(context).User;
        var user = signedIn.User;
        var permissions = stores.Stores.Where(store => signedIn.IsIn(store.Id))
            .ToDictionary(store => store.Id, store => (IReadOnlyList<string>)[.. Permission.All.Where(permission => signedIn.Has(permission, store.Id))], StringComparer.Ordinal);
        return TypedResults.Ok(new CurrentUser(user.Id, user.Email, user.HasTotp, [.. user.Grants.Select(grant => new UserRole(grant.Role, grant.Store))], permissions,
            directory.CsrfTokenOf(signedIn.Session)));
    }

    static Ok<TotpSecret> BeginTotp(HttpContext context)
    {
        var secret = Totp.NewSecret();
        return TypedResults.Ok(new TotpSecret(Totp.Base32(secret), Totp.AddressOf(secret, UserOf(context).User.User.Email)));
    }

    static async Task<IResult> ConfirmTotpAsync(HttpContext context, TotpBody body, Logins logins) =>
        body.Secret is { } text && Totp.TryParseBase32(text, out var secret) && secret.Length == Totp.SecretSize && body.Code is { } code
            && await logins.SetUpTotpAsync(UserOf(context).User.User.Id, secret, code, UserIdentity.AddressOf(context), context.RequestAborted) is { } codes
                ? TypedResults.Ok(new TotpCodes(codes)) : s_code.ToResult();

    static async Task<IResult> AnswerAsync(HttpContext context, AccessDirectory directory, IssuedSession issued, bool byCookie)
    {
        // A cache would store the tokens.
        context.Response.Headers.CacheControl = "no-store";
        var (access, seconds) = (await directory.IssueAsync(issued), (int)AccessTokens.Life.TotalSeconds);
        if (!byCookie)
        {
            return TypedResults.Ok(new SessionTokens(seconds, access, issued.RefreshToken));
        }

        SessionCookies.Set(context.Response, access, issued.RefreshToken);
        return TypedResults.Ok(new SessionTokens(seconds, CsrfToken: directory.CsrfTokenOf(issued.Session)));
    }

    static UserIdentity UserOf(HttpContext context) => (UserIdentity)context.User.Identity!;
}
