using CartRecovery.Engine.ControlPlane.Users;
using CartRecovery.Host.Api.Access;
using CartRecovery.Host.Api.Audit;
using CartRecovery.Host.Api.Documentation;
using CartRecovery.Host.Api.Predictions;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace CartRecovery.Host.Api.Monitoring;

/// <summary>Routes of <c>/api/v1/monitoring/cache</c>. The engine has one cache: the predictions of the last minute. Its state is no cache.</summary>
static class CacheRoutes
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/api/v1/monitoring/cache").WithTags(ApiTags.Monitoring).RequireAuthorization(AccessPolicies.User);
        group.MapGet("/stats", Stats).WithMetadata(new RequiredPermission(Permission.MonitoringRead))
            .Describe("getCacheStats", "Get the cache's figures", "Hits and misses of the predictions that `/v1/predict/{cartId}` keeps for a minute.");
        group.MapDelete("/flush", Flush).WithMetadata(new RequiredPermission(Permission.MonitoringWrite), new AuditedChange("cache.flush"))
            .Describe("flushCache", "Empty the cache", "Drops the predictions. The next request for each cart computes its own.");
    }

    static Ok<CacheStatistics> Stats(PredictionCache cache)
    {
        var (hits, misses) = (cache.Hits, cache.Misses);
        return TypedResults.Ok(new CacheStatistics(hits, misses, hits + misses == 0 ? null : Math.Round(100.0 * hits / (hits + misses), 1), PredictionCache.Capacity, cache.Count));
    }

    static Ok<CacheFlushed> Flush(PredictionCache cache)
    {
        cache.Clear();
        return TypedResults.Ok(new CacheFlushed(true, "Cache flushed"));
    }
}
