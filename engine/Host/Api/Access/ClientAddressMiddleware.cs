using CartRecovery.Engine.Ingest.Access;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace CartRecovery.Host.Api.Access;

/// <summary>
/// Replaces a connection's address by its client's address for each request, in <c>Connection.RemoteIpAddress</c>. <see
/// cref="TrustedProxies"/> computes it.
/// </summary>
static class ClientAddressMiddleware
{
    /// <summary>Adds the middleware. Must come before everything that reads the address.</summary>
    public static void UseClientAddress(this IApplicationBuilder app)
    {
        var proxies = app.ApplicationServices.GetRequiredService<TrustedProxies>();
        app.Use((HttpContext context, RequestDelegate next) =>
        {
            var peer = context.Connection.RemoteIpAddress;
            var client = proxies.Resolve(peer, context.Request.Headers);
            if (client is not null && !client.Equals(peer))
            {
                context.Connection.RemoteIpAddress = client;
                context.Features.Set(new ProxiedClient(client));
            }

            return next(context);
        });
    }
}
