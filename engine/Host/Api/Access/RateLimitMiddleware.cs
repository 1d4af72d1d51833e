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
/// Rejects requests beyond the rates of their address, key or store, by the group of their route. Also records whether a connection's
/// client is authenticated, for <see cref="UnauthenticatedConnections"/>.
/// </summary>
static class RateLimitMiddleware
{
    /// <summary>Adds the middleware: after authentication, so that keys are known; before authorization, so that invalid keys consume tokens.</summary>
    public static void UseRateLimits(this WebApplication app)
    {
        var rates = app.Services.GetRequiredService<IngestOptions>().Rates;
        app.Use(async (context, next) =>
        {
            var key = (context.User.Identity as StoreKeyIdentity)?.Caller.Key;
            var pending = context.Features.Get<UnauthenticatedConnection>();
            if (key is not null || context.User.Identity is UserIdentity)
            {
                pending?.Leave();
                pending = null;
            }

            pending?.BeginRequest();
            try
            {
                await ((context.Features.Get<EarlyRate>()?.IsAcquired ?? TryAcquire(rates, context, key)) ? next(context) : RateLimits.Exceeded.ToResult().ExecuteAsync(context));
            }
            finally
            {
                pending?.EndRequest();
            }
        });
    }

    /// <summary>Consumes the request's token before its credentials are verified, because that is expensive. The middleware then consumes none.</summary>
    /// <returns><see langword="false"/> if the rate is exceeded: the middleware rejects the request.</returns>
    public static bool TryAcquireEarly(HttpContext context, RateLimits rates)
    {
        var isAcquired = TryAcquire(rates, context, key: null);
        context.Features.Set(new EarlyRate(isAcquired));
        return isAcquired;
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
        var metadata => metadata.GetMetadata<IAuthorizeData>()!.Policy is AccessPolicies.Secret or AccessPolicies.User or AccessPolicies.Monitoring or AccessPolicies.StoreUser ? RouteGroup.Api : RateLimits.GroupOf(key),
    };

    sealed record EarlyRate(bool IsAcquired);
}
