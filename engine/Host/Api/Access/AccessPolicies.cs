using System.Text.Encodings.Web;
using CartRecovery.Engine.ControlPlane;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Cors.Infrastructure;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace CartRecovery.Host.Api.Access;

/// <summary>Who may call a route. Each route declares one of these, or that it is public; a route that declares nothing answers nobody.</summary>
static class AccessPolicies
{
    /// <summary>Any valid key: what a browser may do.</summary>
    public const string Publishable = "publishable";

    /// <summary>A secret key: servers of the shop.</summary>
    public const string Secret = "secret";

    /// <summary>Adds authentication, the policies and CORS.</summary>
    public static void AddAccess(this IServiceCollection services)
    {
        // The core alone: the whole of it brings data protection, which writes keys to the home folder.
        services.AddAuthenticationCore(options =>
        {
            options.DefaultScheme = ApiKeyAuthentication.SchemeName;
            options.AddScheme<ApiKeyAuthentication>(ApiKeyAuthentication.SchemeName, displayName: null);
        });
        services.AddSingleton(UrlEncoder.Default);
        services.AddAuthorizationBuilder()
            .AddPolicy(Publishable, policy => policy.RequireAuthenticatedUser())
            .AddPolicy(Secret, policy => policy.RequireAuthenticatedUser().RequireClaim(StoreKeyIdentity.KindClaim, StoreKeyIdentity.SecretKind))
            .SetFallbackPolicy(new AuthorizationPolicyBuilder().AddRequirements(new DeclaresAccess()).Build());
        services.AddSingleton<IAuthorizationHandler, DeclaresAccessHandler>();
        services.AddCors();
        services.AddSingleton<ICorsPolicyProvider, KeyOrigins>();
    }

    /// <summary>The fallback: fails for every route. What is no route (a path that does not exist, a method that is not allowed) is let through to its problem.</summary>
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
/// Cross-origin requests of browsers. A preflight carries no key, so it is always granted; the request after it is held against the
/// key's origins, and its answer is readable only if it passes.
/// </summary>
sealed class KeyOrigins(StoreDirectory stores) : ICorsPolicyProvider
{
    /// <summary>The policy of routes that browsers call with a publishable key.</summary>
    public const string OfKey = "origins-of-the-key";

    /// <summary>The policy of routes that any page may read.</summary>
    public const string Any = "any-origin";

    static readonly CorsPolicy s_any = new CorsPolicyBuilder().AllowAnyOrigin().WithMethods("GET").Build();

    static readonly CorsPolicy s_preflight = new CorsPolicyBuilder().AllowAnyOrigin().WithMethods("POST")
        .WithHeaders("Content-Type", "Content-Encoding", "X-Api-Key", "Authorization").SetPreflightMaxAge(TimeSpan.FromDays(1)).Build();

    static readonly Task<CorsPolicy?> s_none = Task.FromResult<CorsPolicy?>(null);

    /// <inheritdoc/>
    public Task<CorsPolicy?> GetPolicyAsync(HttpContext context, string? policyName)
    {
        if (policyName == Any)
        {
            return Task.FromResult<CorsPolicy?>(s_any);
        }

        if (HttpMethods.IsOptions(context.Request.Method))
        {
            return Task.FromResult<CorsPolicy?>(s_preflight);
        }

        return ApiKeyAuthentication.KeyOf(context.Request) is { } name && stores.FindKey(name) is { Kind: KeyKind.Publishable } key
            ? Task.FromResult<CorsPolicy?>(new CorsPolicyBuilder().SetIsOriginAllowed(key.AllowsOrigin).WithMethods("POST").Build())
            : s_none;
    }
}
