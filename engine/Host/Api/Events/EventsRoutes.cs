using CartRecovery.Engine.ControlPlane.Stores;
using CartRecovery.Engine.Events;
using CartRecovery.Engine.Ingest;
using CartRecovery.Engine.Ingest.Access;
using CartRecovery.Engine.Ingest.Bots;
using CartRecovery.Engine.Ingest.Limits;
using CartRecovery.Host.Api.Access;
using CartRecovery.Host.Api.Documentation;
using CartRecovery.Host.Api.Problems;
using CartRecovery.Host.Api.Requests;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace CartRecovery.Host.Api.Events;

/// <summary><c>/v1/events</c>: events over HTTP, and their counts.</summary>
static class EventsRoutes
{
    const string Received = "received";

    static readonly QueryParameter<string> s_ack = QueryParameters.Choice("ack",
        "When to answer: once the events are `durable`, or once they are `received`.", ["durable", Received], "durable");

    static readonly QueryParameter<string> s_webDriver = QueryParameters.Choice(BotDetector.WebDriver,
        "The page's `navigator.webdriver`: `1` if a program drives the browser.", ["0", "1"], @default: null);

    /// <summary>The problems of a request whose only event is rejected.</summary>
    public static readonly HttpProblem[] Rejections =
    [
        .. Enum.GetValues<EventErrorCode>().Where(e => e is not (EventErrorCode.None or EventErrorCode.InvalidMessagePack or EventErrorCode.UnsupportedEncoding or EventErrorCode.UnknownKey))
            .Select(e => new HttpProblem(StatusOf(e), EventProblem.CodeOf(e),
                "The request's only event was rejected; the detail says why.")),
        ApiProblems.NotDurable,
        QuotaProblem.Exceeded,
        Authenticator.InvalidUserToken,
    ];

    public static void Map(IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/v1/events").WithTags(ApiTags.Events);
        Describe(group.MapPost("", PostAsync), "sendEvents", "Send events");
        Describe(group.MapPost("/batch", PostAsync), "sendEventBatch", "Send a batch of events");
        group.MapGet("/stats", Statistics).RequireAuthorization(AccessPolicies.Secret)
            .Describe("getEventStatistics", "Count events", "The store's counts since the start. `processed`, `carts` and `predictions` are not counted by store: they are absent if the engine has several stores.");
    }

    static void Describe(RouteHandlerBuilder route, string operationId, string summary) => route
        .RequireAuthorization(AccessPolicies.Publishable).RequireCors(KeyOrigins.OfKey)
        .Describe(operationId, summary, """
            Send one event, an array of events, or `{"events": […]}` (also `batch`, with other members beside it). The request answers once they are durable; with `ack=received`, immediately with 202.
            Events are accepted or rejected individually, and `errors` lists the rejected ones. If none was accepted, the status is an error; if the only
            event was rejected, the answer is a problem. Resending the same ids is safe. `text/plain` is for `navigator.sendBeacon`.
            """)
        .Query(s_ack, s_webDriver)
        .Accepts<EventBody>("application/json", "text/plain").WithMetadata(EventSchema.Batch)
        .Produces<EventsResponse>(StatusCodes.Status200OK).Produces<EventsResponse>(StatusCodes.Status202Accepted)
        .Produces<EventsResponse>(StatusCodes.Status400BadRequest).Produces<EventsResponse>(StatusCodes.Status403Forbidden)
        .Produces<EventsResponse>(StatusCodes.Status413PayloadTooLarge).Produces<EventsResponse>(StatusCodes.Status503ServiceUnavailable)
        .Problems(Rejections);

    // Reads the body without model binding: the decoder takes the raw bytes and allocates nothing.
    static async Task<IResult> PostAsync(HttpContext context, Caller caller, RequestQuery query, IngestOptions ingest)
    {
        var (user, problem) = Authenticator.ValidateUserToken(caller.Key, context.Request.Headers["X-User-Token"], ingest.Partitions.Clock.GetUtcNow());
        if (problem is not null)
        {
            return problem.ToResult();
        }

        var source = new RequestSource(ingest, new Client(caller.Key, context.Connection.RemoteIpAddress, user)
        {
            Bot = BotDetector.Of(caller.Key, context.Request.Headers.UserAgent, query.Of(s_webDriver)),
        });
        var meter = ingest.Rates.MeterOf(context.Connection.RemoteIpAddress, caller.Key);
        if (meter?.CheckDebt() is { } debt)
        {
            RateLimitHeaders.Write(context.Response, meter.States(), debt);
            return RateLimits.Exceeded.ToResult();
        }

        var usage = ingest.Usage?.OfKey(caller.Key);
        if (usage?.Exceeded is { } quota)
        {
            context.Response.Headers.RetryAfter = QuotaProblem.RetryAfter(ingest.Usage!, quota);
            return QuotaProblem.Exceeded.ToResult();
        }

        int length;
        using (var body = await RequestBody.ReadAsync(context))
        {
            length = body.Bytes.Length;
            var submitting = source.SubmitAsync(body.Bytes.Span, context.RequestAborted);
            meter?.Add(source.Router.Received, length);
            usage?.Add(source.Router.Received);
            meter?.ChargeWithoutWaiting();
            await submitting;
        }

        var waits = query.Of(s_ack) != Received;
        if (waits && !await source.WaitAsync(context.RequestAborted))
        {
            return ApiProblems.NotDurable.ToResult();
        }

        var rejected = source.Rejected;
        if (rejected.Count == 0 || rejected.Count < source.Router.Received)
        {
            return TypedResults.Json(EventsResponse.Of(source, length, waits), ApiJson.Default.EventsResponse, statusCode: waits ? StatusCodes.Status200OK : StatusCodes.Status202Accepted);
        }

        var (_, first) = rejected[0];
        return rejected.Count == 1
            ? ProblemOf(first).ToResult()
            : TypedResults.Json(EventsResponse.Of(source, length, waits), ApiJson.Default.EventsResponse, statusCode: StatusOf(first.Error));
    }

    /// <summary>Returns the problem of a request whose only event is rejected.</summary>
    public static HttpProblem ProblemOf(EventProblem problem) => new(StatusOf(problem.Error), problem.Code, problem.Message);

    static Ok<EventsStatistics> Statistics(Caller caller, IngestCounters counters, IEngineTotals totals, StoreDirectory stores, ConnectionLimiter limiter)
    {
        var own = counters.OfStore(caller.Store.Number);
        var received = IngestCounters.Protocols.ToDictionary(p => IngestCounters.NameOf(p), own.ReceivedBy, StringComparer.Ordinal);
        received["total"] = received.Values.Sum();
        var rejected = Enum.GetValues<EventErrorCode>().Select(e => (Code: EventProblem.CodeOf(e), Count: own.RejectedFor(e))).Where(e => e.Count > 0);
        var isOnly = stores.All.Count == 1;
        return TypedResults.Ok(new EventsStatistics(
            received, rejected.ToDictionary(e => e.Code, e => e.Count, StringComparer.Ordinal), limiter.StreamsOf(caller.Store),
            isOnly ? totals.Processed : null, isOnly ? totals.Carts : null, isOnly ? totals.Predictions : null));
    }

    static int StatusOf(EventErrorCode error) => error switch
    {
        EventErrorCode.EventTooLarge or EventErrorCode.MessageTooLarge or EventErrorCode.BatchTooLarge => StatusCodes.Status413PayloadTooLarge,
        EventErrorCode.ForeignStore or EventErrorCode.ForeignCart or EventErrorCode.PersonForgotten => StatusCodes.Status403Forbidden,
        EventErrorCode.Overloaded => StatusCodes.Status503ServiceUnavailable,
        _ => StatusCodes.Status400BadRequest,
    };
}
