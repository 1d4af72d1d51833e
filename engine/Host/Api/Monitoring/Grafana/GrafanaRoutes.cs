using System.Text.Json;
using CartRecovery.Engine.ControlPlane.Audit;
using CartRecovery.Engine.ControlPlane.Users;
using CartRecovery.Engine.Ingest;
using CartRecovery.Engine.Monitoring.Query;
using CartRecovery.Host.Alerting;
using CartRecovery.Host.Api.Access;
using CartRecovery.Host.Api.Documentation;
using CartRecovery.Host.Api.Problems;
using CartRecovery.Host.Monitoring;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace CartRecovery.Host.Api.Monitoring.Grafana;

/// <summary>
/// The paths of Grafana's JSON data sources, SimpleJson's and simPod's: for dashboards that were made for them, and for annotations. New dashboards
/// better use the Prometheus data source on <see cref="QueryRoutes"/>.
/// </summary>
static class GrafanaRoutes
{
    /// <summary>The body cannot be used.</summary>
    public static readonly HttpProblem Invalid = new(400, "invalid_grafana_request", "The body is not a request of a JSON data source.");

    static readonly HttpProblem s_query = new(400, "invalid_query", "A target is no PromQL, or cannot be evaluated.");
    static readonly HttpProblem s_busy = new(503, "query_timeout", "The query took too long, or too many run at once.");

    // Names and values to choose from.
    const int MaxChoices = 10_000;

    public static void Map(IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/api/v1/monitoring/grafana").WithTags(ApiTags.Monitoring).RequireAuthorization(AccessPolicies.Monitoring)
            .WithMetadata(new RequiredPermission(Permission.MonitoringRead), new OperationsRoute());
        group.MapGet("", () => TypedResults.Ok(new GrafanaStatus("ok")))
            .Describe("testGrafanaSource", "Test the data source", "Whether a JSON data source of Grafana reaches the engine, and may read.");
        group.MapPost("/search", SearchAsync).Describe("searchGrafanaMetrics", "List the names of metrics", "As SimpleJson asks: the names that contain `target`.")
            .Takes().Problems(ApiProblems.InvalidJson, Invalid, MetricRoutes.Unavailable);
        group.MapPost("/metrics", MetricsAsync).Describe("listGrafanaMetrics", "List metrics", "As simPod's data source asks: names with what they measure.")
            .Takes().Problems(ApiProblems.InvalidJson, Invalid, MetricRoutes.Unavailable);
        group.MapPost("/metric-payload-options", () => TypedResults.Ok(Array.Empty<GrafanaValue>()))
            .Describe("listGrafanaOptions", "List a metric's options", "As simPod's data source asks: metrics have none.").Takes();
        group.MapPost("/query", QueryAsync).Describe("queryGrafana", "Evaluate a panel's targets", "Each target is PromQL, a metric's name for one: series over the range, or a table of the last values.")
            .Takes().Produces<List<JsonElement>>().Problems(ApiProblems.InvalidJson, Invalid, s_query, s_busy, MetricRoutes.Unavailable);
        group.MapPost("/annotations", AnnotationsAsync)
            .Describe("listGrafanaAnnotations", "List what happened", "Alerts, and changes of the configuration, campaigns and models within the range, the newest first; at most 1,000.")
            .Takes().Problems(ApiProblems.InvalidJson, Invalid);
        group.MapPost("/tag-keys", TagKeysAsync).Describe("listGrafanaTagKeys", "List labels to filter by", "The names of labels, for ad-hoc filters.").Takes().Problems(MetricRoutes.Unavailable);
        group.MapPost("/tag-values", TagValuesAsync).Describe("listGrafanaTagValues", "List a label's values", "For ad-hoc filters: the values of the label `key`.")
            .Takes().Problems(ApiProblems.InvalidJson, Invalid, MetricRoutes.Unavailable);
    }

    static RouteHandlerBuilder Takes(this RouteHandlerBuilder route) => route.Accepts<JsonElement>(isOptional: true, "application/json").WithMetadata(new ChangesNothing());

    static async Task<Ok<List<string>>> SearchAsync(HttpContext context, MetricMonitor monitor, TimeProvider time)
    {
        var request = await ReadAsync(context, time);
        return TypedResults.Ok(Names(monitor, request).ToList());
    }

    static async Task<Ok<List<GrafanaMetric>>> MetricsAsync(HttpContext context, MetricMonitor monitor, TimeProvider time)
    {
        var request = await ReadAsync(context, time);
        var helps = monitor.History?.Metadata.ToDictionary(entry => entry.Name, entry => entry.Help, StringComparer.Ordinal);
        return TypedResults.Ok(Names(monitor, request).Select(name => new GrafanaMetric(helps!.GetValueOrDefault(name) is { Length: > 0 } help ? $"{name}: {help}" : name, name)).ToList());
    }

    static async Task QueryAsync(HttpContext context, MetricMonitor monitor, TimeProvider time)
    {
        var request = await ReadAsync(context, time);
        if (monitor.Engine is not { } engine)
        {
            throw new ProblemException(MetricRoutes.Unavailable);
        }

        List<(GrafanaTarget Target, IReadOnlyList<Series> Series)> results = [];
        try
        {
            foreach (var target in request.Targets)
            {
                results.Add((target, await monitor.RunAsync(cancelled => Evaluate(engine, request, target, cancelled), timeout: null, context.RequestAborted)));
            }
        }
        catch (PromQlException e) when (e.Error is not PromQlError.Timeout)
        {
            throw new ProblemException(s_query with { Detail = $"{e.Message}." });
        }
        catch (Exception e) when (e is PromQlException || (e is OperationCanceledException && !context.RequestAborted.IsCancellationRequested))
        {
            throw new ProblemException(s_busy);
        }

        await ResponseWriter.JsonAsync(context, StatusCodes.Status200OK, json => GrafanaJson.Write(json, results));
    }

    static async Task<Ok<List<GrafanaAnnotation>>> AnnotationsAsync(HttpContext context, AlertingService alerting, AuditLog audit, TimeProvider time)
    {
        var request = await ReadAsync(context, time);
        return TypedResults.Ok(await GrafanaAnnotations.FindAsync(alerting, audit, request.From, request.To, context.RequestAborted));
    }

    static Ok<List<GrafanaTag>> TagKeysAsync(MetricMonitor monitor) => TypedResults.Ok(
        Find(monitor).SelectMany(labels => labels.Select(label => label.Key)).Where(name => name != SeriesLabels.Name).Distinct().Order(StringComparer.Ordinal).Take(MaxChoices)
            .Select(name => new GrafanaTag("string", name)).ToList());

    static async Task<Ok<List<GrafanaValue>>> TagValuesAsync(HttpContext context, MetricMonitor monitor, TimeProvider time)
    {
        var request = await ReadAsync(context, time);
        return TypedResults.Ok(Find(monitor).Select(labels => labels[request.Text ?? ""]).Where(value => value.Length > 0).Distinct().Order(StringComparer.Ordinal).Take(MaxChoices)
            .Select(value => new GrafanaValue(value)).ToList());
    }

    static Task<GrafanaRequest> ReadAsync(HttpContext context, TimeProvider time) => GrafanaRequest.OfAsync(context, time.GetUtcNow().ToUnixTimeMilliseconds());

    static IReadOnlyList<Series> Evaluate(PromQlEngine engine, GrafanaRequest request, GrafanaTarget target, CancellationToken cancelled)
    {
        var query = PromQuery.Parse(target.Query);
        var start = target.IsTable ? request.To : request.From;
        LabelMatcher[] filters = [.. request.Filters.Select(MatcherOf)];
        var found = engine.EvaluateRange(query, start, request.To, request.Step, cancelled).Series;
        return [.. found.Where(series => Array.TrueForAll(filters, filter => filter.IsMatch(series.Labels)))];
    }

    static LabelMatcher MatcherOf((string Label, string Operator, string Value) filter) => new(filter.Label, filter.Operator switch
    {
        "=" => LabelMatch.Equal,
        "!=" => LabelMatch.NotEqual,
        "=~" => LabelMatch.Matches,
        "!~" => LabelMatch.DoesNotMatch,
        _ => throw new PromQlException(PromQlError.BadData, $"the filter's operator '{filter.Operator}' is not one of =, !=, =~ and !~"),
    }, filter.Value);

    static IEnumerable<string> Names(MetricMonitor monitor, GrafanaRequest request) =>
        Find(monitor).Select(labels => labels.MetricName).Where(name => name.Contains(request.Text ?? "", StringComparison.OrdinalIgnoreCase)).Distinct()
            .Order(StringComparer.Ordinal).Take(MaxChoices);

    // An engine that has no history says so.
    static IReadOnlyCollection<SeriesLabels> Find(MetricMonitor monitor) => (monitor.History ?? throw new ProblemException(MetricRoutes.Unavailable)).Find([], 0, long.MaxValue);
}
