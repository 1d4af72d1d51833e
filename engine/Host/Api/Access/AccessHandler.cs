using CartRecovery.Engine.ControlPlane.Stores;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http;

namespace CartRecovery.Host.Api.Access;

/// <summary>Checks all requirements of <see cref="AccessPolicies"/>. A single handler: the framework calls every registered handler for each request.</summary>
sealed class AccessHandler(OperatorAccess operators, StoreDirectory stores) : IAuthorizationHandler
{
    /// <inheritdoc/>
    public Task HandleAsync(AuthorizationHandlerContext context)
    {
        if (context.Resource is not HttpContext http)
        {
            return Task.CompletedTask;
        }

        foreach (var requirement in context.Requirements)
        {
            if (IsMet(http, requirement))
            {
                context.Succeed(requirement);
            }
        }

        return Task.CompletedTask;
    }

    // Returns false for a requirement of the framework, which has a handler of its own.
    bool IsMet(HttpContext http, IAuthorizationRequirement requirement) => requirement switch
    {
        SendsEvents => KeyAccess.AdmitsSender(http),
        EvaluatesFlags => KeyAccess.AdmitsEvaluation(http),
        StoreAccess access => UserAccess.Admits(http, access, stores),
        SignedIn => UserAccess.AdmitsUser(http),
        HoldsSession => http.User.Identity is not StoreKeyIdentity,
        MonitorsEngine => http.User.Identity is UserIdentity ? UserAccess.AdmitsUser(http) : operators.IsProven(http),
        IsOperator => operators.Admits(http),
        DeclaresAccess => http.GetEndpoint() is not Microsoft.AspNetCore.Routing.RouteEndpoint,
        _ => false,
    };
}
