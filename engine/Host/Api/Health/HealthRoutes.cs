using CartRecovery.Engine.Telemetry;
using CartRecovery.Host.Api.Access;
using CartRecovery.Host.Api.Documentation;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Hosting;

namespace CartRecovery.Host.Api.Health;

/// <summary><c>/health</c> and <c>/metrics</c>, for operators and monitoring.</summary>
static class HealthRoutes
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("").WithTags(ApiTags.Operations).AllowAnonymous().WithMetadata(new OperationsRoute());
        group.MapGet("/health", HealthAsync)
            .Describe("getHealth", "Check health", """
                The state of each part. 200 while the engine does its job, also where it is `degraded`: a sink that is down costs its interventions, not the
                events. 503 where it cannot: a partition died, or the journal cannot be written. The parts are on `listen.admin` alone if it is set, and want
                `listen.metricsKey` if that is.
                """)
            .Produces<HealthResponse>(StatusCodes.Status503ServiceUnavailable);
        group.MapGet("/live", () => TypedResults.Ok(new ProbeResult("ok")))
            .Describe("getLive", "Check liveness", "200 while the process answers. Restart it if it does not.");
        group.MapGet("/ready", Ready)
            .Describe("getReady", "Check readiness", "200 while the engine accepts events; 503 while it cannot store them, has failed or is stopping.")
            .Produces<ProbeResult>(StatusCodes.Status503ServiceUnavailable);
        routes.MapGet("/metrics", MetricsAsync).WithTags(ApiTags.Operations).RequireAuthorization(AccessPolicies.Operator).WithMetadata(new OperationsRoute(MovesToAdmin: true))
            .Describe("getMetrics", "Read metrics",
                "All metrics in the Prometheus text format. On `listen.admin` alone if it is set; wants `listen.metricsKey` if that is.")
            .Media("text/plain");
    }

    static async Task<Results<Ok<HealthResponse>, JsonHttpResult<HealthResponse>>> HealthAsync(HealthReport health, HttpContext context, OperatorAccess access)
    {
        var (response, works) = await health.MakeAsync(context.RequestAborted);
        if (!access.Admits(context))
        {
            response = response with { Parts = null };
        }

        return works ? TypedResults.Ok(response)
            : TypedResults.Json(response, ApiJson.Default.HealthResponse, statusCode: StatusCodes.Status503ServiceUnavailable);
    }

    static Results<Ok<ProbeResult>, JsonHttpResult<ProbeResult>> Ready(HealthReport health, IHostApplicationLifetime lifetime) =>
        health.AcceptsEvents && !lifetime.ApplicationStopping.IsCancellationRequested ? TypedResults.Ok(new ProbeResult("ok"))
            : TypedResults.Json(new ProbeResult("down"), ApiJson.Default.ProbeResult, statusCode: StatusCodes.Status503ServiceUnavailable);

    static async Task MetricsAsync(HttpContext context, MetricRegistry metrics)
    {
        using var body = new MemoryStream(32 * 1024);
        await metrics.WriteAsync(body, context.RequestAborted);
        await ResponseWriter.BytesAsync(context, StatusCodes.Status200OK, MetricRegistry.ContentType, body.GetBuffer().AsMemory(0, (int)body.Length));
    }
}

/// <summary>The outcome of a probe.</summary>
/// <param name="Status">ok or down.</param>
sealed record ProbeResult(string Status);
