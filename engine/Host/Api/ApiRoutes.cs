using System.Buffers;
using System.Threading.Channels;
using CartRecovery.Engine.Control;
using CartRecovery.Engine.Ingest;
using CartRecovery.Engine.Telemetry;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace CartRecovery.Host.Api;

/// <summary>The HTTP API's paths, and who may ask what.</summary>
static class ApiRoutes
{
    public static void Map(WebApplication routes, EngineHost host)
    {
        routes.Use((context, next) => AnswerAsync(context, next, host));
        var events = new EventsApi(host);
        var features = new FeaturesApi(host);
        var predictions = new PredictApi(host);
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
        var key = Gatekeeper.KeyOf(request.Query["key"], request.Headers["X-Api-Key"], request.Headers.Authorization);
        var problem = Gatekeeper.Admit(stores, key, origin, context.Connection.RemoteIpAddress, out var granted);
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

    /// <summary>Has a request handled, and answers with a problem where nobody else did.</summary>
    static async Task AnswerAsync(HttpContext context, RequestDelegate next, EngineHost host)
    {
        Problem? problem = null;
        try
        {
            await next(context);
            problem = context.Response.StatusCode switch
            {
                StatusCodes.Status404NotFound => new Problem(404, "not_found", "There is nothing at this path; the README lists what there is."),
                StatusCodes.Status405MethodNotAllowed => new Problem(405, "method_not_allowed", "The path is right and the method is not; see Allow."),
                _ => null,
            };
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // The client is gone.
        }
        catch (BadHttpRequestException e)
        {
            problem = new Problem(e.StatusCode, "bad_request", "The request is not what HTTP says it must be.");
        }
        catch (ChannelClosedException)
        {
            problem = new Problem(503, "unavailable", "The engine is about to stop; try again later.");
        }
#pragma warning disable CA1031 // Whatever it was, the client is told that it was not its fault, and the operator what it was.
        catch (Exception e)
#pragma warning restore CA1031
        {
            host.LogRequestFailed(e, context.Request.Path);
            problem = new Problem(500, "internal_error", "The engine made a mistake; its log says more.");
        }

        if (problem is not null && !context.Response.HasStarted)
        {
            await Answer.ProblemAsync(context, problem);
        }
    }

    static Task MetricsAsync(HttpContext context, EngineHost host)
    {
        var body = new ArrayBufferWriter<byte>(16 * 1024);
        host.Metrics.Write(body);
        return Answer.BytesAsync(context, 200, PrometheusWriter.ContentType, body.WrittenMemory);
    }

    static void Get(IEndpointRouteBuilder routes, string path, RequestDelegate handle) => routes.MapGet(path, handle);

    static void Post(IEndpointRouteBuilder routes, string path, RequestDelegate handle) => routes.MapPost(path, handle);
}
