using System.Text.Encodings.Web;
using CartRecovery.Engine.ControlPlane.Keys;
using CartRecovery.Engine.ControlPlane.Stores;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Cors.Infrastructure;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace CartRecovery.Host.Api.Access;

/// <summary>
/// Authorization policies. Each route declares one of them or is explicitly public; a route that declares neither rejects every request.
/// </summary>
static class AccessPolicies
{
    /// <summary>Any valid key, publishable ones included.</summary>
    public const string Publishable = "publishable";

    /// <summary>A secret key, for the shop's servers.</summary>
    public const string Secret = "secret";

    /// <summary>An operator: <see cref="OperatorAccess"/>.</summary>
    public const string Operator = "operator";

    /// <summary>Adds authentication, the policies and CORS.</summary>
    public static void AddAccess(this IServiceCollection services)
    {
        // AddAuthentication would also add data protection, which writes keys to the home folder.
        services.AddAuthenticationCore(options =>
        {
            options.DefaultScheme = ApiKeyAuthentication.SchemeName;
            options.AddScheme<ApiKeyAuthentication>(ApiKeyAuthentication.SchemeName, displayName: null);
        });
        services.AddSingleton(UrlEncoder.Default);
        services.AddAuthorizationBuilder()
            .AddPolicy(Publishable, policy => policy.RequireAuthenticatedUser())
            .AddPolicy(Secret, policy => policy.RequireAuthenticatedUser().RequireClaim(StoreKeyIdentity.KindClaim, StoreKeyIdentity.SecretKind))
            .AddPolicy(Operator, policy => policy.AddRequirements(new IsOperator()))
            .SetFallbackPolicy(new AuthorizationPolicyBuilder().AddRequirements(new DeclaresAccess()).Build());
        services.AddSingleton<IAuthorizationHandler, DeclaresAccessHandler>();
        services.AddSingleton<IAuthorizationHandler, IsOperatorHandler>();
        services.AddSingleton<OperatorAccess>();
        services.AddCors();
        services.AddSingleton<ICorsPolicyProvider, KeyOrigins>();
    }

    /// <summary>
    /// The fallback: fails on every matched route. Unmatched paths and methods pass, so that they get their own 404 or 405.
    /// </summary>
    sealed class DeclaresAccess : IAuthorizationRequirement;

    sealed class DeclaresAccessHandler : AuthorizationHandler<DeclaresAccess>
    {
        protected override Task HandleRequirementAsync(AuthorizationHandlerContext context, DeclaresAccess requirement)
        {
            if (context.Resource is HttpContext http && http.GetEndpoint() is not RouteEndpoint)
            {
                context.Succeed(requirement);
            }

            return Task.CompletedTask;
        }
    }
}

/// <summary>
/// Provides CORS policies. The origin is echoed and credentials are allowed, because <c>sendBeacon</c> always sends with them; the engine has no
/// cookies. A preflight without a key is granted; with one, as the request itself, it is checked against the key's origins, and only an allowed
/// origin can read the response. Without a key of a page the response is an error, which every page may read.
/// </summary>
sealed class KeyOrigins(StoreDirectory stores) : ICorsPolicyProvider
{
    /// <summary>The policy for routes that browsers call with a publishable key.</summary>
    public const string OfKey = "origins-of-the-key";

    /// <summary>The policy for routes that any page may read.</summary>
    public const string Any = "any-origin";

    static readonly CorsPolicy s_any = new CorsPolicyBuilder().AllowAnyOrigin().WithMethods("GET").Build();

    // What a client sends, and what tools for traces and requests add to every request of a page.
    static readonly string[] s_headers =
        ["Content-Type", "Content-Encoding", "X-Api-Key", "X-User-Token", "Authorization", "traceparent", "tracestate", "baggage", "X-Requested-With"];

    static readonly Task<CorsPolicy?> s_keyless = Task.FromResult<CorsPolicy?>(PolicyOf(_ => true));

    /// <inheritdoc/>
    public Task<CorsPolicy?> GetPolicyAsync(HttpContext context, string? policyName)
    {
        if (policyName == Any)
        {
            return Task.FromResult<CorsPolicy?>(s_any);
        }

        return ApiKeyAuthentication.KeyOf(context.Request) is { } name && stores.FindKey(name) is { Kind: KeyKind.Publishable } key
            ? Task.FromResult<CorsPolicy?>(PolicyOf(key.AllowsOrigin)) : s_keyless;
    }

    static CorsPolicy PolicyOf(Func<string, bool> allows) => new CorsPolicyBuilder().SetIsOriginAllowed(allows).AllowCredentials().WithMethods("POST")
        .WithHeaders(s_headers).WithExposedHeaders(ClientLimits.Headers).SetPreflightMaxAge(TimeSpan.FromDays(1)).Build();
}
