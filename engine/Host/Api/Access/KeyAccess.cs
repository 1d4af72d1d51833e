using CartRecovery.Engine.ControlPlane.Keys;
using CartRecovery.Engine.ControlPlane.Users;
using CartRecovery.Engine.Ingest;
using CartRecovery.Engine.Ingest.Access;
using CartRecovery.Host.Api.Personal;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http;

namespace CartRecovery.Host.Api.Access;

/// <summary>Requires the scope to send events of a key with scopes.</summary>
sealed class SendsEvents : IAuthorizationRequirement;

/// <summary>
/// Requires the scope to evaluate feature flags of a secret key with scopes. Publishable keys may evaluate the flags that are visible to clients.
/// </summary>
sealed class EvaluatesFlags : IAuthorizationRequirement;

/// <summary>Decides what a key with scopes may do.</summary>
static class KeyAccess
{
    /// <summary>Returns why a secret key may not call a request's route; <see langword="null"/> if it may.</summary>
    public static HttpProblem? ProblemOf(HttpContext context, StoreKey key)
    {
        if (key.Scopes is null)
        {
            return null;
        }

        var metadata = context.GetEndpoint()!.Metadata;
        return RoutePermission.Of(metadata, context.Request.Method) is not { } permission ? Authenticator.ScopeRequired
            : !key.Allows(permission) ? Lacks(permission)
            : metadata.GetMetadata<ShowsPersonalData>() is { IsMasked: false, IsOfCart: false } && !key.Allows(Permission.PersonalData) ? Lacks(Permission.PersonalData)
            : null;
    }

    /// <summary>Returns the problem of a key that lacks a scope.</summary>
    public static HttpProblem Lacks(string scope) => Authenticator.ScopeRequired with { Detail = $"The key lacks the scope {scope}. Use a key that has it." };

    /// <summary>Checks <see cref="EvaluatesFlags"/>.</summary>
    public static bool AdmitsEvaluation(HttpContext context) => context.User.Identity is StoreKeyIdentity { Caller.Key: var key }
        && (key.Kind == KeyKind.Publishable || key.Allows(Permission.FlagsRead) || UserAccess.Refuse(context, Lacks(Permission.FlagsRead)));

    /// <summary>Checks <see cref="SendsEvents"/>.</summary>
    public static bool AdmitsSender(HttpContext context) => context.User.Identity is StoreKeyIdentity { Caller.Key: var key }
        && (Authenticator.CheckSender(key) is not { } problem || UserAccess.Refuse(context, problem));
}
