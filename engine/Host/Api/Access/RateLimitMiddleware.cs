using CartRecovery.Engine.ControlPlane.Keys;
using CartRecovery.Engine.Ingest;
using CartRecovery.Engine.Ingest.Limits;
using CartRecovery.Host.Api.Documentation;
using CartRecovery.Host.Api.Problems;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.Extensions.DependencyInjection;

namespace CartRecovery.Host.Api.Access;

/// <summary>
/// Rejects requests beyond the rates of their address, key or store, by the group of their route. Also tells whether a connection's client
/// has a valid key, for <see cref="UnauthenticatedConnections"/>.
/// </summary>
static class RateLimitMiddleware
{
    /// <summary>
    /// Adds the middleware. After authentication, so that keys are known; before authorization, so that invalid keys take tokens.
    /// </summary>
    public static void UseRateLimits(this WebApplication app)
    {
        var rates = app.Services.GetRequiredService<IngestOptions>().Rates;
        app.Use(async (context, next) =>
        {
            var key = (context.User.Identity as StoreKeyIdentity)?.Caller.Key;
            var pending = context.Features.Get<UnauthenticatedConnection>();
            if (key is not null)
            {
                pending?.Leave();
                pending = null;
            }

            pending?.BeginRequest();
            try
            {
                await (TryAcquire(rates, context, key) ? next(context) : RateLimits.Exceeded.ToResult().ExecuteAsync(context));
            }
            finally
            {
                pending?.EndRequest();
            }
        });
    }

    static bool TryAcquire(RateLimits rates, HttpContext context, StoreKey? key)
    {
        var buckets = rates.Requests(GroupOf(context.GetEndpoint(), key));
        if (buckets.IsUnlimited)
        {
            return true;
        }

        var source = rates.SourceOf(context.Connection.RemoteIpAddress, key);
        var rejection = buckets.TryAcquire(source, 1);
        RateLimitHeaders.Write(context.Response, buckets.StatesOf(source), rejection);
        return rejection is null;
    }

    static RouteGroup GroupOf(Endpoint? endpoint, StoreKey? key) => endpoint?.Metadata switch
    {
        null => RouteGroup.Public,
        var metadata when metadata.GetMetadata<IAllowAnonymous>() is not null || metadata.GetMetadata<IAuthorizeData>() is null =>
            metadata.GetMetadata<ITagsMetadata>()?.Tags.Contains(ApiTags.Operations) == true ? RouteGroup.Operations : RouteGroup.Public,
        var metadata => metadata.GetMetadata<IAuthorizeData>()!.Policy is AccessPolicies.Secret or AccessPolicies.User or AccessPolicies.StoreUser ? RouteGroup.Api : RateLimits.GroupOf(key),
    };
}
