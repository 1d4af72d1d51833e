using CartRecovery.Engine.ControlPlane.Keys;
using CartRecovery.Engine.ControlPlane.Stores;
using Microsoft.AspNetCore.Cors.Infrastructure;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Template;

namespace CartRecovery.Host.Api.Access;

/// <summary>
/// Provides CORS policies for the routes that name one; other origins cannot read the responses of other routes. For a key's routes,
/// responses echo the origin and permit credentials, because <c>sendBeacon</c> always sends them; users' cookies open none of these routes.
/// A preflight without a key is granted. A preflight or request with a key is checked against the key's origins: only a permitted origin
/// can read the response; any other reads the rejection. Without a publishable key the response is an error, which every page may read. That a path
/// does not accept a request's method or content type can be read like its other responses.
/// </summary>
sealed class KeyOrigins(StoreDirectory stores, EndpointDataSource endpoints) : ICorsPolicyProvider
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

    readonly Lazy<(TemplateMatcher Path, string Policy)[]> _paths = new(() => [.. endpoints.Endpoints.OfType<RouteEndpoint>()
        .Select(route => (Path: new TemplateMatcher(new RouteTemplate(route.RoutePattern), []),
            Policy: route.Metadata.GetMetadata<IEnableCorsAttribute>()?.PolicyName))
        .Where(route => route.Policy is not null).Select(route => (route.Path, route.Policy!))]);

    /// <inheritdoc/>
    public Task<CorsPolicy?> GetPolicyAsync(HttpContext context, string? policyName)
    {
        policyName ??= OfRejected(context);
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

    // Routing answers another method (405) and another content type (415) by endpoints of its own, which have no policy.
    string? OfRejected(HttpContext context) => context.GetEndpoint() is null or RouteEndpoint ? null
        : Array.Find(_paths.Value, route => route.Path.TryMatch(context.Request.Path, [])).Policy;

    static CorsPolicy PolicyOf(Func<string, bool> allows) =>
        new CorsPolicyBuilder().SetIsOriginAllowed(allows).AllowCredentials().WithMethods("POST")
        .WithHeaders(s_headers).WithExposedHeaders([.. RateLimitHeaders.Names, "ETag", SecurityHeaders.TraceId]).SetPreflightMaxAge(TimeSpan.FromDays(1)).Build();
}
