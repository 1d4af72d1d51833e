using System.Threading.Channels;
using CartRecovery.Engine.Configuration;
using CartRecovery.Engine.ControlPlane;
using CartRecovery.Engine.Ingest;
using CartRecovery.Engine.Ingest.Connections;
using CartRecovery.Engine.Telemetry;
using CartRecovery.Host.Composition;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace CartRecovery.Host.Api;

/// <summary>The HTTP API's paths, and who may ask what.</summary>
static class ApiRoutes
{
    public static void Map(WebApplication routes, EngineHost host, Action<Exception> log)
    {
        routes.Use((context, next) => GuardAsync(context, next, log));
        routes.UseRouting();
        var events = new EventsApi(host);
        var features = new FeaturesApi(host);
        var predictions = new PredictApi(host);
        routes.Lifetime.ApplicationStopped.Register(predictions.Dispose);
        var streams = new StreamApi(host);

        // Browsers send events, so these answer cross-origin requests of the origins that a key allows.
        Post(routes, "/v1/events", context => events.PostAsync(context));
        Post(routes, "/v1/events/batch", context => events.PostAsync(context));
        routes.MapMethods("/v1/events", ["OPTIONS"], (RequestDelegate)Cors.PreflightAsync);
        routes.MapMethods("/v1/events/batch", ["OPTIONS"], (RequestDelegate)Cors.PreflightAsync);
        Get(routes, "/v1/events/stats", events.StatsAsync);
        Get(routes, "/v1/features/definitions", FeaturesApi.DefinitionsAsync);
        Get(routes, "/v1/features/{cartId}", features.GetAsync);
        Post(routes, "/v1/predict", predictions.PostAsync);
        Get(routes, "/v1/stream", streams.UpgradeAsync);
        var letters = new DeadLettersApi(host);
        Get(routes, "/v1/deadletters", letters.ListAsync);
        Get(routes, "/v1/deadletters/{id:long}", letters.GetAsync);
        Get(routes, "/v1/deadletters/{id:long}/repair", letters.RepairAsync);
        Post(routes, "/v1/deadletters/replay", letters.ReplayAsync);
        Post(routes, "/v1/deadletters/drop", letters.DropAsync);
        routes.MapDelete("/v1/deadletters/{id:long}", (RequestDelegate)letters.DeleteAsync);
        var interventions = new InterventionsApi(host);
        Get(routes, "/v1/interventions", interventions.ListAsync);
        Get(routes, "/v1/interventions/{id}", interventions.GetAsync);
        Post(routes, "/v1/interventions/{id}/retry", interventions.RetryAsync);
        Get(routes, "/v1/carts/{cartId}", interventions.CartAsync);
        var analytics = new AnalyticsApi(host);
        Get(routes, "/v1/conversions", analytics.ConversionsAsync);
        Get(routes, "/v1/analytics/performance", analytics.PerformanceAsync);
        Get(routes, "/v1/analytics/channels", analytics.ChannelsAsync);
        Get(routes, "/v1/analytics/conversion", analytics.ConversionAsync);
        Get(routes, "/v1/analytics/revenue", analytics.RevenueAsync);
        Get(routes, "/v1/analytics/reasons", analytics.ReasonsAsync);
        var tracking = new TrackingApi(host);
        routes.MapMethods("/v1/track/click/{token}", ["GET", "HEAD"], (RequestDelegate)tracking.ClickAsync);
        routes.MapMethods("/v1/track/open/{token}", ["GET", "HEAD"], (RequestDelegate)tracking.OpenAsync);
        Get(routes, "/v1/track/unsubscribe/{token}", tracking.AskAsync);
        Post(routes, "/v1/track/unsubscribe/{token}", tracking.UnsubscribeAsync);
        Get(routes, "/v1/restore/{token}", tracking.RestoreAsync);
        var outreach = new OutreachApi(host);
        Post(routes, "/v1/products", outreach.ProductsAsync);
        Post(routes, "/v1/suppressions", outreach.SuppressAsync);
        routes.MapDelete("/v1/suppressions", (RequestDelegate)outreach.SuppressAsync);
        Post(routes, "/v1/campaigns/{name}/preview", outreach.PreviewAsync);
        StorefrontApi.Map(routes);
        Get(routes, "/health", context => HealthApi.GetAsync(context, host));
        Get(routes, "/metrics", context => MetricsAsync(context, host));
    }

    /// <summary>Lets a request in, or answers it with why not.</summary>
    /// <param name="context">The request.</param>
    /// <param name="stores">The stores and their keys.</param>
    /// <param name="secretOnly">A publishable key is not enough.</param>
    public static async ValueTask<StoreKey?> AdmitAsync(HttpContext context, StoreDirectory stores, bool secretOnly)
    {
        var request = context.Request;
        var origin = request.Headers.Origin.Count == 0 ? null : request.Headers.Origin.ToString();
        var key = Authenticator.KeyOf(request.Query["key"], request.Headers["X-Api-Key"], request.Headers.Authorization);
        var problem = Authenticator.Admit(stores, key, origin, context.Connection.RemoteIpAddress, out var granted);
        if (problem is null && secretOnly && granted.Kind != KeyKind.Secret)
        {
            problem = new Problem(403, "secret_key_required", "A publishable key may send events and nothing else; use a secret key.");
        }

        if (problem is null)
        {
            return granted;
        }

        await Answer.ProblemAsync(context, problem);
        return null;
    }

    // What no handler expects is still answered as a problem, with a stable code.
    static async Task GuardAsync(HttpContext context, RequestDelegate next, Action<Exception> log)
    {
        try
        {
            if (context.Features.Get<RefusedConnection>() is { } refused)
            {
                context.Response.Headers.Connection = "close";
                await Answer.ProblemAsync(context, ConnectionLimiter.ProblemOf(refused.Reason));
                return;
            }

            await next(context);
            if (!context.Response.HasStarted && Unanswered(context.Response.StatusCode) is { } problem)
            {
                await Answer.ProblemAsync(context, problem);
            }
        }
        catch (BadHttpRequestException e) when (!context.Response.HasStarted)
        {
            await Answer.ProblemAsync(context, new Problem(e.StatusCode, "bad_request", "The request is not what HTTP says it must be."));
        }
        catch (ChannelClosedException)
        {
            await Answer.ProblemAsync(context, new Problem(503, "stopping", "The engine is stopping; send the request again in a moment."));
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // Nobody waits for the answer.
        }
#pragma warning disable CA1031 // The last line: it is logged whole, and the client gets no detail of it.
        catch (Exception e) when (!context.Response.HasStarted)
#pragma warning restore CA1031
        {
            log(e);
            await Answer.ProblemAsync(context, new Problem(500, "internal_error", "The engine failed at this request; its log says more."));
        }
    }

    // What routing leaves without a body.
    static Problem? Unanswered(int status) => status switch
    {
        StatusCodes.Status404NotFound => new Problem(404, "not_found", "There is nothing at this path; the README lists what there is."),
        StatusCodes.Status405MethodNotAllowed => new Problem(405, "method_not_allowed", "The path is right and the method is not; see Allow."),
        _ => null,
    };

    static async Task MetricsAsync(HttpContext context, EngineHost host)
    {
        using var body = new MemoryStream(32 * 1024);
        await host.Metrics.Registry.WriteAsync(body, context.RequestAborted);
        await Answer.BytesAsync(context, 200, MetricRegistry.ContentType, body.GetBuffer().AsMemory(0, (int)body.Length));
    }

    static void Get(IEndpointRouteBuilder routes, string path, RequestDelegate handle) => routes.MapGet(path, handle);

    static void Post(IEndpointRouteBuilder routes, string path, RequestDelegate handle) => routes.MapPost(path, handle);
}
