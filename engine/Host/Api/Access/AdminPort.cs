using CartRecovery.Host.Api.Problems;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace CartRecovery.Host.Api.Access;

/// <summary>The port for operators (<c>listen.admin</c>).</summary>
static class AdminPort
{
    /// <summary>Maximum number of connections.</summary>
    public const int MaxConnections = 64;

    /// <summary>Marks the port's connections. They have a limit of their own, so that operators can connect while clients fill the other ports.</summary>
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

    /// <summary>Returns whether a request was received on the port.</summary>
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
