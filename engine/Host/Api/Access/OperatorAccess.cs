using CartRecovery.Engine.ControlPlane.Keys;
using CartRecovery.Host.Api.Problems;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace CartRecovery.Host.Api.Access;

/// <summary>
/// Authorizes operators: who may see data of the whole engine. Everybody by default; with <c>listen.admin</c> only clients of that port,
/// with <c>listen.metricsKey</c> only those who send that key.
/// </summary>
sealed class OperatorAccess(IEngineState engine)
{

    /// <summary>Whether operators have a port of their own.</summary>
    public bool HasPort => engine.Config.Listen.Admin is not null;

    /// <summary>Returns whether a request is an operator's.</summary>
    public bool Admits(HttpContext context) => HasPort == AdminPort.Is(context) && (engine.Config.Listen.MetricsKey is not { } key || HasKey(context, KeyHash.OfConfigured(key)));

    // A key that a page sends is known to whoever reads the page.
    static bool HasKey(HttpContext context, KeyHash key) => context.Request.Headers.Origin.Count == 0
        && ApiKeyAuthentication.KeyOf(context.Request) is { Length: > 0 } sent && KeyHash.Of(System.Text.Encoding.UTF8.GetBytes(sent)) == key;
}

/// <summary>Requires an operator.</summary>
sealed class IsOperator : IAuthorizationRequirement;

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

/// <summary>Route metadata: the route is about the engine, so <c>listen.admin</c> serves it.</summary>
/// <param name="MovesToAdmin">Whether the HTTP port then does not.</param>
sealed record OperationsRoute(bool MovesToAdmin = false);

/// <summary>The port for operators.</summary>
static class AdminPort
{
    /// <summary>Maximum number of connections.</summary>
    public const int MaxConnections = 64;

    /// <summary>
    /// Marks the port's connections. They have a limit of their own, so that operators get in while clients fill the other ports.
    /// </summary>
    public static Func<ConnectionDelegate, ConnectionDelegate> Mark()
    {
        var open = 0;
        return next => async connection =>
        {
            try
            {
                if (Interlocked.Increment(ref open) <= MaxConnections)
                {
                    connection.Features.Set(Marker.Instance);
                    await next(connection);
                }
                else
                {
                    connection.Abort();
                }
            }
            finally
            {
                Interlocked.Decrement(ref open);
            }
        };
    }

    /// <summary>Returns whether a request came to the port.</summary>
    public static bool Is(HttpContext context) => context.Features.Get<Marker>() is not null;

    /// <summary>Adds the middleware that serves each route on its port only. Must come after routing.</summary>
    public static void UseAdminPort(this IApplicationBuilder app)
    {
        var access = app.ApplicationServices.GetRequiredService<OperatorAccess>();
        if (!access.HasPort)
        {
            return;
        }

        app.Use((HttpContext context, RequestDelegate next) =>
        {
            var operations = context.GetEndpoint()?.Metadata.GetMetadata<OperationsRoute>();
            var isServed = Is(context) ? operations is not null : operations is not { MovesToAdmin: true };
            return isServed ? next(context) : ApiProblems.NotFound.ToResult().ExecuteAsync(context);
        });
    }

    sealed class Marker
    {
        public static readonly Marker Instance = new();
    }
}
