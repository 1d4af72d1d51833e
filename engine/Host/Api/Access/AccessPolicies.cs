using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Cors.Infrastructure;
using Microsoft.Extensions.DependencyInjection;

namespace CartRecovery.Host.Api.Access;

/// <summary>
/// Authorization policies. Each route declares one of them or is explicitly public; a route that declares neither rejects every request.
/// </summary>
static class AccessPolicies
{
    /// <summary>Any valid key, publishable ones included.</summary>
    public const string Publishable = "publishable";

    /// <summary>Any valid key that may evaluate feature flags: publishable ones, and secret ones with the scope.</summary>
    public const string Flags = "flags";

    /// <summary>A secret key, for the shop's servers.</summary>
    public const string Secret = "secret";

    /// <summary>An operator: <see cref="OperatorAccess"/>.</summary>
    public const string Operator = "operator";

    /// <summary>A user who is signed in.</summary>
    public const string User = "user";

    /// <summary>A user whose roles have the route's permission in the store that the request names. No key will do.</summary>
    public const string StoreUser = "store-user";

    /// <summary>A user who is signed in, or a session's refresh token, which the handler verifies.</summary>
    public const string Session = "session";

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
            .AddPolicy(Publishable, policy => policy.RequireAuthenticatedUser().RequireClaim(StoreKeyIdentity.KindClaim).AddRequirements(new SendsEvents()))
            .AddPolicy(Flags, policy => policy.RequireAuthenticatedUser().RequireClaim(StoreKeyIdentity.KindClaim).AddRequirements(new EvaluatesFlags()))
            .AddPolicy(Secret, policy => policy.RequireAuthenticatedUser().AddRequirements(new StoreAccess()))
            .AddPolicy(StoreUser, policy => policy.RequireAuthenticatedUser().AddRequirements(new StoreAccess(AdmitsKeys: false)))
            .AddPolicy(User, policy => policy.RequireAuthenticatedUser().AddRequirements(new SignedIn()))
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
