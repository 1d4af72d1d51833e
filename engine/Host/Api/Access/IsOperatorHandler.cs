using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http;

namespace CartRecovery.Host.Api.Access;

/// <summary>Checks <see cref="IsOperator"/>.</summary>
sealed class IsOperatorHandler(OperatorAccess access) : AuthorizationHandler<IsOperator>
{
    /// <inheritdoc/>
    protected override Task HandleRequirementAsync(AuthorizationHandlerContext context, IsOperator requirement)
    {
        if (context.Resource is HttpContext http && access.Admits(http))
        {
            context.Succeed(requirement);
        }

        return Task.CompletedTask;
    }
}
