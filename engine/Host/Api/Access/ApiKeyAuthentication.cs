using System.Runtime.CompilerServices;
using System.Security.Claims;
using System.Text.Encodings.Web;
using CartRecovery.Engine.ControlPlane;
using CartRecovery.Engine.Ingest;
using CartRecovery.Host.Api.Problems;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace CartRecovery.Host.Api.Access;

/// <summary>
/// Authenticates requests by API key: <c>?key=</c>, <c>X-Api-Key</c> or <c>Authorization: Bearer</c>. The principal carries the store and the kind of
/// the key as claims, and the key itself as its identity.
/// </summary>
sealed class ApiKeyAuthentication(
    IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory loggers, UrlEncoder encoder, StoreDirectory stores)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, loggers, encoder)
{
    /// <summary>The scheme's name.</summary>
    public const string SchemeName = "ApiKey";

    // Immutable, so all requests of a key share one principal.
    static readonly ConditionalWeakTable<StoreKey, AuthenticateResult> s_granted = [];

    // A handler instance serves one request.
    HttpProblem _problem = Authenticator.MissingKey;

    /// <summary>Returns the key in the request's query or headers; <see langword="null"/> for none.</summary>
    public static string? KeyOf(HttpRequest request) =>
        Authenticator.KeyOf(request.Query["key"], request.Headers["X-Api-Key"], request.Headers.Authorization);

    /// <inheritdoc/>
    protected override Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        var key = KeyOf(Request);
        if (string.IsNullOrEmpty(key))
        {
            return Task.FromResult(AuthenticateResult.NoResult());
        }

        var origin = Request.Headers.Origin.Count == 0 ? null : Request.Headers.Origin.ToString();
        if (Authenticator.Admit(stores, key, origin, Context.Connection.RemoteIpAddress, out var granted) is { } problem)
        {
            _problem = problem;
            return Task.FromResult(AuthenticateResult.Fail(problem.Code));
        }

        return Task.FromResult(s_granted.GetValue(granted, Grant));
    }

    /// <summary>Answers 401 or 403 if the key is missing, unknown, or not valid for this address or origin.</summary>
    protected override Task HandleChallengeAsync(AuthenticationProperties properties) => _problem.ToResult().ExecuteAsync(Context);

    /// <summary>Answers 403 if the key's kind does not allow the request.</summary>
    protected override Task HandleForbiddenAsync(AuthenticationProperties properties) => ApiProblems.SecretKeyRequired.ToResult().ExecuteAsync(Context);

    static AuthenticateResult Grant(StoreKey key) =>
        AuthenticateResult.Success(new AuthenticationTicket(new ClaimsPrincipal(new StoreKeyIdentity(key)), SchemeName));
}

/// <summary>The identity behind a valid key.</summary>
sealed class StoreKeyIdentity(StoreKey key) : ClaimsIdentity(
    [new Claim(StoreClaim, key.Store.Id), new Claim(KindClaim, key.Kind == KeyKind.Secret ? SecretKind : PublishableKind)], ApiKeyAuthentication.SchemeName)
{
    /// <summary>The claim that names the store.</summary>
    public const string StoreClaim = "store";

    /// <summary>The claim that names the kind of the key.</summary>
    public const string KindClaim = "key_kind";

    /// <summary>The kinds.</summary>
    public const string SecretKind = "secret", PublishableKind = "publishable";

    /// <summary>The caller, as handlers receive it.</summary>
    public Caller Caller { get; } = new(key);
}

/// <summary>Identifies the caller by its key. Binds as a handler parameter, from the request's principal.</summary>
/// <param name="Key">The key.</param>
sealed record Caller(StoreKey Key)
{
    /// <summary>The key's store.</summary>
    public Store Store => Key.Store;

    /// <summary>Binds the caller from the request's principal.</summary>
    /// <exception cref="InvalidOperationException">The route does not require a key.</exception>
    public static ValueTask<Caller?> BindAsync(HttpContext context) => ValueTask.FromResult<Caller?>(
        (context.User.Identity as StoreKeyIdentity)?.Caller ?? throw new InvalidOperationException("The handler takes a caller, but its route requires no key."));
}
