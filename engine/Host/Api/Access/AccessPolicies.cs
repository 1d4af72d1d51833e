using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Cors.Infrastructure;
using Microsoft.Extensions.DependencyInjection;

namespace CartRecovery.Host.Api.Access;

/// <summary>Authorization policies. Each route declares one of them or is explicitly public; a route that declares neither rejects every request.</summary>
static class AccessPolicies
{
    /// <summary>Requires any valid key, including a publishable one.</summary>
    public const string Publishable = "publishable";

    /// <summary>Requires a key that may evaluate feature flags: a publishable key, or a secret one with the scope.</summary>
    public const string Flags = "flags";

    /// <summary>Requires a secret key, for the shop's servers.</summary>
    public const string Secret = "secret";

    /// <summary>Requires an operator: <see cref="OperatorAccess"/>.</summary>
    public const string Operator = "operator";

    /// <summary>Requires a signed-in user.</summary>
    public const string User = "user";

    /// <summary>Requires a user whose roles have the route's permission in the store that the request names. Rejects keys.</summary>
    public const string StoreUser = "store-user";

    /// <summary>
    /// Requires a user with the route's permission in all stores, or an operator who is one by the port (<c>listen.admin</c>) or the key
    /// (<c>listen.metricsKey</c>).
    /// </summary>
    public const string Monitoring = "monitoring";

    /// <summary>Requires a signed-in user, or a session's refresh token, which the handler verifies.</summary>
    public const string Session = "session";

    /// <summary>Adds authentication, the policies and CORS.</summary>
    public static void AddAccess(this IServiceCollection services)
    {
        // Not AddAuthentication: it adds data protection, which writes keys to the home folder.
        services.AddAuthenticationCore(options =>
        {
            options.DefaultScheme = ApiKeyAuthentication.SchemeName;
            options.AddScheme<ApiKeyAuthentication>(ApiKeyAuthentication.SchemeName, displayName: null);
        });
        services.AddSingleton(UrlEncoder.Default);
        services.AddAuthorizationBuilder()
            .AddPolicy(Publishable, policy => policy.RequireAuthenticatedUser().RequireClaim(StoreKeyIdentity.KindClaim).AddRequirements(new SendsEvents()))
            .AddPolicy(Flags, policy => policy.RequireAuthenticatedUser().RequireClaim(StoreKeyIdentity.KindClaim).AddRequirements(new EvaluatesFlags()))
            .AddPolicy(Secret, policy => policy.RequireAuthenticatedUser().AddRequirements(new StoreAccess()))
            .AddPolicy(StoreUser, policy => policy.RequireAuthenticatedUser().AddRequirements(new StoreAccess(AdmitsKeys: false)))
            .AddPolicy(User, policy => policy.RequireAuthenticatedUser().AddRequirements(new SignedIn()))
            .AddPolicy(Monitoring, policy => policy.AddRequirements(new MonitorsEngine()))
            .AddPolicy(Session, policy => policy.AddRequirements(new HoldsSession()))
            .AddPolicy(Operator, policy => policy.AddRequirements(new IsOperator()))
            .SetFallbackPolicy(new AuthorizationPolicyBuilder().AddRequirements(new DeclaresAccess()).Build());
        services.AddSingleton<IAuthorizationHandler, AccessHandler>();
        services.AddSingleton<UserTokenAuthentication>();
        services.AddSingleton<OperatorAccess>();
        services.AddCors();
        services.AddSingleton<ICorsPolicyProvider, KeyOrigins>();
    }
}
