using CartRecovery.Engine.ControlPlane.Keys;
using CartRecovery.Engine.ControlPlane.Stores;
using Microsoft.AspNetCore.Cors.Infrastructure;
using Microsoft.AspNetCore.Http;

namespace CartRecovery.Host.Api.Access;

/// <summary>
/// Provides CORS policies for the routes that name one; other origins cannot read the responses of other routes. For a key's routes,
/// responses echo the origin and permit credentials, because <c>sendBeacon</c> always sends them; users' cookies open none of these routes.
/// A preflight without a key is granted. A preflight or request with a key is checked against the key's origins: only a permitted origin
/// can read the response; any other reads the rejection. Without a publishable key the response is an error, which every page may read.
/// </summary>
sealed class KeyOrigins(StoreDirectory stores) : ICorsPolicyProvider
{
    /// <summary>The policy for routes that browsers call with a publishable key.</summary>
    public const string OfKey = "origins-of-the-key";

    /// <summary>The policy for routes that any page may read.</summary>
    public const string Any = "any-origin";

    static readonly CorsPolicy s_any = new CorsPolicyBuilder().AllowAnyOrigin().WithMethods("GET").Build();

    // Headers of our clients, and those that tracing and request tools add to every request of a page.
    static readonly string[] s_headers =
        ["Content-Type", "Content-Encoding", "X-Api-Key", "X-User-Token", "Authorization", "traceparent", "tracestate", "baggage",
            "X-Requested-With", "If-None-Match"];

    static readonly Task<CorsPolicy?> s_keyless = Task.FromResult<CorsPolicy?>(PolicyOf(_ => true));

    /// <inheritdoc/>
    public Task<CorsPolicy?> GetPolicyAsync(HttpContext context, string? policyName)
    {
        if (policyName == Any)
        {
            return Task.FromResult<CorsPolicy?>(s_any);
        }

        if (policyName != OfKey)
        {
            return Task.FromResult<CorsPolicy?>(null);
        }

        return ApiKeyAuthentication.KeyOf(context.Request) is { } name && stores.FindKey(name) is { Kind: KeyKind.Publishable } key
            ? Task.FromResult<CorsPolicy?>(PolicyOf(key.AllowsOrigin)) : s_keyless;
    }

    static CorsPolicy PolicyOf(Func<string, bool> allows) =>
        new CorsPolicyBuilder().SetIsOriginAllowed(allows).AllowCredentials().WithMethods("POST")
        .WithHeaders(s_headers).WithExposedHeaders([.. RateLimitHeaders.Names, "ETag", SecurityHeaders.TraceId]).SetPreflightMaxAge(TimeSpan.FromDays(1)).Build();
}
