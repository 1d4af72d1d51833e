using System.ComponentModel;
using System.Text.Json;
using CartRecovery.Engine.ControlPlane.Users;
using CartRecovery.Engine.Ingest;
using CartRecovery.Engine.Monitoring.Collection;
using CartRecovery.Engine.Monitoring.History;
using CartRecovery.Engine.Monitoring.Query;
using CartRecovery.Host.Api.Access;
using CartRecovery.Host.Api.Documentation;
using CartRecovery.Host.Monitoring;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace CartRecovery.Host.Api.Monitoring;

/// <summary>Prometheus' query API on the history of metrics, as Grafana's data source uses it.</summary>
static class QueryRoutes
{
    const long MaxSteps = 11_000;

    // For the document; the answers have Prometheus' form.
    static readonly HttpProblem s_badData = new(400, "bad_data", "The query or a parameter is invalid.");
    static readonly HttpProblem s_execution = new(422, "execution", "The query cannot be evaluated, or reads too many samples.");

    public static void Map(IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/api/v1").WithTags(ApiTags.Monitoring).RequireAuthorization(AccessPolicies.Monitoring)
            .WithMetadata(new RequiredPermission(Permission.MonitoringRead), new OperationsRoute());
        group.MapGet("/query", QueryAsync).Describe("queryMetrics", "Evaluate a query", "Evaluates PromQL at one time: `query`, `time`, `timeout`. Answers as Prometheus does.").Answers();
        group.MapPost("/query", QueryAsync).Describe("queryMetricsByForm", "Evaluate a query", "Evaluates PromQL at one time: `query`, `time`, `timeout`. Answers as Prometheus does. The parameters may be a form.").Answers().WithMetadata(new ChangesNothing());
        group.MapGet("/query_range", QueryRangeAsync).Describe("queryMetricRange", "Evaluate a query over a range", "Evaluates PromQL at each step of a range: `query`, `start`, `end`, `step`, `timeout`; at most 11,000 steps.").Answers();
        group.MapPost("/query_range", QueryRangeAsync).Describe("queryMetricRangeByForm", "Evaluate a query over a range", "Evaluates PromQL at each step of a range: `query`, `start`, `end`, `step`, `timeout`; at most 11,000 steps. The parameters may be a form.").Answers().WithMetadata(new ChangesNothing());
        group.MapGet("/series", SeriesAsync).Describe("listMetricSeries", "List series", "The series that `match[]` selects, with samples between `start` and `end`.").Answers();
        group.MapPost("/series", SeriesAsync).Describe("listMetricSeriesByForm", "List series", "The series that `match[]` selects, with samples between `start` and `end`. The parameters may be a form.").Answers().WithMetadata(new ChangesNothing());
        group.MapGet("/labels", LabelsAsync).Describe("listMetricLabels", "List labels", "The names of labels of the series that `match[]` selects; of all without one.").Answers();
        group.MapPost("/labels", LabelsAsync).Describe("listMetricLabelsByForm", "List labels", "The names of labels of the series that `match[]` selects; of all without one. The parameters may be a form.").Answers().WithMetadata(new ChangesNothing());
        group.MapGet("/label/{name}/values", ValuesAsync).Describe("listMetricLabelValues", "List a label's values", "The values of a label of the series that `match[]` selects.")
            .Answers();
        group.MapGet("/metadata", MetadataAsync).Describe("getMetricMetadata", "Get metadata", "The type, help and unit of metrics: `metric`, `limit`.")
            .Answers();
        group.MapGet("/status/buildinfo", BuildInfoAsync).Describe("getMetricBuildInfo", "Get the API's version", "The version of Prometheus whose API and PromQL this is.")
            .Answers();
    }

    static RouteHandlerBuilder Answers(this RouteHandlerBuilder route) => route.QueryAndOthers().Produces<PromResponse>()
        .Produces<PromResponse>(StatusCodes.Status400BadRequest).Produces<PromResponse>(StatusCodes.Status422UnprocessableEntity)
        .Produces<PromResponse>(StatusCodes.Status503ServiceUnavailable).Problems(s_badData, s_execution, MetricRoutes.Unavailable);

    static Task QueryAsync(HttpContext context, MetricMonitor monitor) => AnswerAsync<PromValue>(context, monitor, (request, now) =>
    {
        var at = request.Time("time", now);
        var query = Parse(request);
        return cancelled => monitor.Engine!.Evaluate(query, at, cancelled);
    }, PromJson.Write);

    static Task QueryRangeAsync(HttpContext context, MetricMonitor monitor) => AnswerAsync<PromValue>(context, monitor, (request, _) =>
    {
        var (start, end) = (request.Time("start"), request.Time("end"));
        if (end < start)
        {
            throw PromRequest.Invalid("end", "end timestamp must not be before start time");
        }

        var step = request.Duration("step") ?? throw PromRequest.Invalid("step", "cannot parse \"\" to a valid duration");
        if (step <= 0)
        {
            throw PromRequest.Invalid("step", "zero or negative query resolution step widths are not accepted. Try a positive integer");
        }

        if ((end - start) / step > MaxSteps)
        {
            throw new PromQlException(PromQlError.BadData, "exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the query resolution (?step=XX)");
        }

        var query = Parse(request);
        return cancelled => monitor.Engine!.EvaluateRange(query, start, end, step, cancelled);
    }, PromJson.Write);

    static Task SeriesAsync(HttpContext context, MetricMonitor monitor) => AnswerAsync<IReadOnlyCollection<SeriesLabels>>(context, monitor, (request, _) =>
    {
        if (request.All("match[]").Count == 0)
        {
            throw new PromQlException(PromQlError.BadData, "no match[] parameter provided");
        }

        return Find(monitor, request);
    }, (json, found) =>
    {
        json.WriteStartArray();
        foreach (var labels in found)
        {
            PromJson.WriteLabels(json, labels);
        }

        json.WriteEndArray();
    });

    static Task LabelsAsync(HttpContext context, MetricMonitor monitor) => AnswerAsync<IReadOnlyCollection<SeriesLabels>>(context, monitor, (request, _) => Find(monitor, request),
        (json, found) => WriteTexts(json, found.SelectMany(labels => labels.Select(label => label.Key))));

    static Task ValuesAsync(HttpContext context, [Description("The label.")] string name, MetricMonitor monitor) => AnswerAsync<IReadOnlyCollection<SeriesLabels>>(context, monitor, (request, _) =>
        SeriesRules.IsLabelName(name) ? Find(monitor, request) : throw new PromQlException(PromQlError.BadData, $"invalid label name: \"{name}\""),
        (json, found) => WriteTexts(json, found.Select(labels => labels[name]).Where(value => value.Length > 0)));

    static Task MetadataAsync(HttpContext context, MetricMonitor monitor) => AnswerAsync<List<MetricMetadata>>(context, monitor, (request, _) =>
    {
        var (metric, limit) = (request.Text("metric"), int.TryParse(request.Text("limit"), out var most) && most >= 0 ? most : int.MaxValue);
        return _ => monitor.History!.Metadata.Where(entry => metric is null || entry.Name == metric).Take(limit).ToList();
    }, (json, found) =>
    {
        json.WriteStartObject();
        foreach (var entry in found)
        {
            json.WriteStartArray(entry.Name);
            json.WriteStartObject();
            json.WriteString("type", Exposition.NameOf(entry.Type));
            json.WriteString("help", entry.Help);
            json.WriteString("unit", entry.Unit);
            json.WriteEndObject();
            json.WriteEndArray();
        }

        json.WriteEndObject();
    });

    static Task BuildInfoAsync(HttpContext context, MetricMonitor monitor) => AnswerAsync<object?>(context, monitor, (_, _) => _ => null, (json, _) =>
    {
        json.WriteStartObject();
        json.WriteString("version", "2.42.0");
        json.WriteString("application", "CartRecovery");
        foreach (var name in new[] { "revision", "branch", "buildUser", "buildDate", "goVersion" })
        {
            json.WriteString(name, "");
        }

        json.WriteEndObject();
    });

    static Func<CancellationToken, IReadOnlyCollection<SeriesLabels>> Find(MetricMonitor monitor, PromRequest request)
    {
        var (start, end, selectors) = (request.Time("start", 0), request.Time("end", long.MaxValue), request.Selectors());
        return _ => selectors.Count == 0 ? monitor.History!.Find([], start, end)
            : [.. selectors.SelectMany(matchers => monitor.History!.Find(matchers, start, end)).Distinct().Order()];
    }

    static PromQuery Parse(PromRequest request)
    {
        try
        {
            return PromQuery.Parse(request.Text("query") ?? "");
        }
        catch (PromQlException e)
        {
            throw PromRequest.Invalid("query", e.Message);
        }
    }

    static void WriteTexts(Utf8JsonWriter json, IEnumerable<string> texts)
    {
        json.WriteStartArray();
        foreach (var text in texts.Distinct().Order(StringComparer.Ordinal))
        {
            json.WriteStringValue(text);
        }

        json.WriteEndArray();
    }

    // Reads the request, runs the work among the other queries, and writes the answer or the error.
    static async Task AnswerAsync<T>(HttpContext context, MetricMonitor monitor, Func<PromRequest, long, Func<CancellationToken, T>> read, Action<Utf8JsonWriter, T> write)
    {
        if (monitor.History is null)
        {
            await FailAsync(context, StatusCodes.Status503ServiceUnavailable, "unavailable", monitor.Problem ?? "monitoring.enabled is false");
            return;
        }

        T result;
        try
        {
            var request = await PromRequest.OfAsync(context);
            var timeout = request.Duration("timeout") is { } limit ? TimeSpan.FromMilliseconds(Math.Clamp(limit, 1, 86_400_000)) : (TimeSpan?)null;
            result = await monitor.RunAsync(read(request, Now(context)), timeout, context.RequestAborted);
        }
        catch (PromQlException e)
        {
            var (status, type) = e.Error switch
            {
                PromQlError.BadData => (StatusCodes.Status400BadRequest, "bad_data"),
                PromQlError.Execution => (StatusCodes.Status422UnprocessableEntity, "execution"),
                PromQlError.Timeout => (StatusCodes.Status503ServiceUnavailable, "timeout"),
                _ => (StatusCodes.Status503ServiceUnavailable, context.RequestAborted.IsCancellationRequested ? "canceled" : "timeout"),
            };
            await FailAsync(context, status, type, e.Message);
            return;
        }
        catch (OperationCanceledException) when (!context.RequestAborted.IsCancellationRequested)
        {
            await FailAsync(context, StatusCodes.Status503ServiceUnavailable, "timeout", "query timed out, or too many queries run at once");
            return;
        }

        await ResponseWriter.JsonAsync(context, StatusCodes.Status200OK, json =>
        {
            json.WriteStartObject();
            json.WriteString("status", "success");
            json.WritePropertyName("data");
            write(json, result);
            json.WriteEndObject();
        });
    }

    static long Now(HttpContext context) => context.RequestServices.GetRequiredService<TimeProvider>().GetUtcNow().ToUnixTimeMilliseconds();

    static Task FailAsync(HttpContext context, int status, string type, string error) => ResponseWriter.JsonAsync(context, status, json =>
    {
        json.WriteStartObject();
        json.WriteString("status", "error");
        json.WriteString("errorType", type);
        json.WriteString("error", error);
        json.WriteEndObject();
    });
}
