using CartRecovery.Engine.ControlPlane.Keys;
using CartRecovery.Engine.ControlPlane.Stores;
using CartRecovery.Engine.ControlPlane.Users;
using CartRecovery.Engine.Ingest;
using CartRecovery.Engine.Ingest.Access;
using CartRecovery.Host.Api.Personal;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http;

namespace CartRecovery.Host.Api.Access;

/// <summary>Requires a secret key, or a user whose roles have the route's permission in the store that the request names.</summary>
/// <param name="AdmitsKeys">Whether a secret key is accepted.</param>
sealed record StoreAccess(bool AdmitsKeys = true) : IAuthorizationRequirement;

/// <summary>Requires a user. If the route names a permission, the user needs it in a role for all stores.</summary>
sealed class SignedIn : IAuthorizationRequirement;

/// <summary>Rejects a store's key. Every other caller may have a session.</summary>
sealed class HoldsSession : IAuthorizationRequirement;

/// <summary>Decides what users may do.</summary>
static class UserAccess
{
    /// <summary>The header that names the store of a user's request.</summary>
    public const string StoreHeader = "X-Store-Id";

    public static readonly HttpProblem PermissionDenied = new(403, "permission_denied", "Your roles do not permit this. Ask an administrator.");
    public static readonly HttpProblem StoreRequired = new(403, "store_required", "Name a store that you have a role in, in the header X-Store-Id.");
    public static readonly HttpProblem UserRequired = new(403, "user_required", "This path does not accept a store's key. Sign in as a user.");

    /// <summary>Returns why a request is rejected.</summary>
    public static HttpProblem ProblemOf(HttpContext context) => context.Features.Get<Refusal>()?.Problem
        ?? (context.GetEndpoint()?.Metadata.GetMetadata<IAuthorizeData>()?.Policy switch
        {
            AccessPolicies.Operator => AccessRejections.OperatorKeyRequired,
            AccessPolicies.User or AccessPolicies.Monitoring or AccessPolicies.StoreUser or AccessPolicies.Session => UserRequired,
            AccessPolicies.Publishable or AccessPolicies.Flags => PermissionDenied,
            _ => AccessRejections.SecretKeyRequired,
        });

    /// <summary>Stores why a request is rejected, for <see cref="ProblemOf"/>.</summary>
    /// <returns>Always <see langword="false"/>.</returns>
    internal static bool Refuse(HttpContext context, HttpProblem problem)
    {
        context.Features.Set(new Refusal(problem));
        return false;
    }

    /// <summary>Checks <see cref="StoreAccess"/>.</summary>
    public static bool Admits(HttpContext context, StoreAccess requirement, StoreDirectory stores) => context.User.Identity switch
    {
        StoreKeyIdentity { Caller.Key: { Kind: KeyKind.Secret } key } when requirement.AdmitsKeys => KeyAccess.ProblemOf(context, key) is not { } problem || Refuse(context, problem),
        UserIdentity user => Admits(context, user, stores),
        _ => false,
    };

    /// <summary>Checks <see cref="SignedIn"/>.</summary>
    public static bool AdmitsUser(HttpContext context) => context.User.Identity is UserIdentity user
        && (context.GetEndpoint()?.Metadata.GetMetadata<RequiredPermission>() is not { } required || user.User.Has(required.Name, store: null) || Refuse(context, PermissionDenied));

    static bool Admits(HttpContext context, UserIdentity identity, StoreDirectory stores)
    {
        var metadata = context.GetEndpoint()!.Metadata;
        var named = context.Request.Headers[StoreHeader];
        var mine = stores.Stores.Where(store => identity.User.IsIn(store.Id) && (named.Count == 0 || named == store.Id)).Take(2).ToList();
        if (mine is not [var store])
        {
            return Refuse(context, StoreRequired);
        }

        if (RoutePermission.Of(metadata, context.Request.Method) is not { } permission || !identity.User.Has(permission, store.Id))
        {
            return Refuse(context, PermissionDenied);
        }

        identity.AdmitTo(store);
        return metadata.GetMetadata<ShowsPersonalData>() is not { IsMasked: false, IsOfCart: false } || identity.User.Has(Permission.PersonalData, store.Id) || Refuse(context, PermissionDenied);
    }

    sealed record Refusal(HttpProblem Problem);
}
