using System.ComponentModel;
using System.Globalization;
using System.Text;
using CartRecovery.Engine.ControlPlane.Users;
using CartRecovery.Engine.Ingest;
using CartRecovery.Engine.Monitoring.Collection;
using CartRecovery.Engine.Monitoring.History;
using CartRecovery.Engine.Monitoring.Query;
using CartRecovery.Host.Api.Access;
using CartRecovery.Host.Api.Documentation;
using CartRecovery.Host.Api.Problems;
using CartRecovery.Host.Api.Requests;
using CartRecovery.Host.Monitoring;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace CartRecovery.Host.Api.Monitoring;

/// <summary>Routes of <c>/api/v1/monitoring/metrics</c>: samples as plain JSON, and a push of single values.</summary>
static class MetricRoutes
{
    /// <summary>The history is not there.</summary>
    public static readonly HttpProblem Unavailable = new(503, "monitoring_unavailable", "The engine keeps no history of metrics: monitoring.enabled is false, or its file cannot be opened. See /health.");

    static readonly HttpProblem s_invalid = new(400, "invalid_metric", "The body is not a metric.");
    static readonly HttpProblem s_full = new(503, "too_many_series", "There are as many series as monitoring.history.maxSeries allows.");

    static readonly QueryParameter<string> s_service = QueryParameters.Text("service", "Returns only metrics of this service.");
    static readonly QueryParameter<string> s_name = QueryParameters.Text("metric_name", "Returns only this metric.");
    static readonly QueryParameter<long> s_start = QueryParameters.Time("start_time", "Returns only samples at or after this time. Default: an hour ago.");
    static readonly QueryParameter<long> s_end = QueryParameters.Time("end_time", "Returns only samples up to this time. Default: now.");

    static readonly QueryParameter<int> s_limit = new("limit", "The maximum number of samples.", "a number from 1 to 10000",
        (text, _) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var n) && n is >= 1 and <= 10_000 ? n : null)
    {
        Type = "integer",
        Default = "1000",
        Range = (1, 10_000),
    };

    // How long a sample without a newer one is the latest.
    static readonly TimeSpan s_lookback = TimeSpan.FromMinutes(5);

    public static void Map(IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/api/v1/monitoring/metrics").WithTags(ApiTags.Monitoring).RequireAuthorization(AccessPolicies.Monitoring).WithMetadata(new OperationsRoute());
        var (reads, writes) = (new RequiredPermission(Permission.MonitoringRead), new RequiredPermission(Permission.MonitoringWrite));
        group.MapGet("", ListAsync).WithMetadata(reads)
            .Describe("listMetrics", "List samples", "Samples of metrics, the newest first.").Query(s_service, s_name, s_start, s_end, s_limit).Problems(Unavailable);
        group.MapGet("/latest", Latest).WithMetadata(reads)
            .Describe("listLatestMetrics", "List the latest samples", "The last sample of each series that is not older than five minutes.").Query(s_service, s_name, s_limit).Problems(Unavailable);
        group.MapGet("/service/{service}", ServiceAsync).WithMetadata(reads)
            .Describe("listServiceMetrics", "List samples of a service", "Samples of a service's metrics, the newest first.").Query(s_name, s_start, s_end, s_limit).Problems(Unavailable);
        group.MapGet("/export", ExportAsync).WithMetadata(reads)
            .Describe("exportMetrics", "Export the latest samples", "The last sample of each series in the Prometheus text format, for a Prometheus that scrapes this engine for all services.")
            .Media("text/plain").Problems(Unavailable);
        group.MapPost("", Push).WithMetadata(writes)
            .Describe("pushMetric", "Send a metric", "Sets a gauge or adds to a counter. Samples follow at each collection, until nothing has been sent for an hour.")
            .Problems(ApiProblems.InvalidJson, s_invalid, s_full, Unavailable);
    }

    static Task<Ok<List<MetricItem>>> ListAsync(HttpContext context, RequestQuery query, MetricMonitor monitor, TimeProvider time) =>
        ReadAsync(context, query, monitor, query.Of(s_service), time);

    static Task<Ok<List<MetricItem>>> ServiceAsync(HttpContext context, [Description("The service: the label job.")] string service, RequestQuery query, MetricMonitor monitor, TimeProvider time) =>
        ReadAsync(context, query, monitor, service, time);

    static async Task<Ok<List<MetricItem>>> ReadAsync(HttpContext context, RequestQuery query, MetricMonitor monitor, string? service, TimeProvider time)
    {
        var history = monitor.History ?? throw new ProblemException(Unavailable);
        var now = time.GetUtcNow().ToUnixTimeMilliseconds();
        var (start, end) = (query.Of(s_start, now - 3_600_000), query.Of(s_end, now));
        var limit = query.Of(s_limit, 1000);
        var matchers = Matchers(service, query.Of(s_name));

        // The newest first, of bounded memory: each series adds at most as many as are asked for.
        var newest = await monitor.RunAsync(cancelled =>
        {
            var kept = new PriorityQueue<(SeriesLabels Labels, SeriesSample Sample), long>();
            foreach (var series in history.Select(matchers, start, end))
            {
                cancelled.ThrowIfCancellationRequested();
                foreach (var sample in series.Samples.AsSpan(Math.Max(0, series.Samples.Length - limit)))
                {
                    if (!StaleMarker.Is(sample.Value))
                    {
                        kept.Enqueue((series.Labels, sample), sample.Time);
                        if (kept.Count > limit)
                        {
                            kept.Dequeue();
                        }
                    }
                }
            }

            return kept.UnorderedItems.Select(item => item.Element).OrderByDescending(item => item.Sample.Time).ThenBy(item => item.Labels).ToList();
        }, timeout: null, context.RequestAborted);
        return TypedResults.Ok(newest.ConvertAll(item => ItemOf(item.Labels, item.Sample)));
    }

    static Ok<List<MetricItem>> Latest(RequestQuery query, MetricMonitor monitor, TimeProvider time)
    {
        var latest = LatestOf(monitor, Matchers(query.Of(s_service), query.Of(s_name)), time);
        return TypedResults.Ok(latest.Take(query.Of(s_limit, 1000)).Select(item => ItemOf(item.Labels, item.Sample)).ToList());
    }

    static async Task ExportAsync(HttpContext context, MetricMonitor monitor, TimeProvider time)
    {
        var metadata = (monitor.History ?? throw new ProblemException(Unavailable)).Metadata.ToDictionary(entry => entry.Name, StringComparer.Ordinal);
        var text = new StringBuilder(1 << 16);
        foreach (var family in LatestOf(monitor, [], time).GroupBy(item => FamilyOf(item.Labels.MetricName, metadata)).OrderBy(family => family.Key, StringComparer.Ordinal))
        {
            if (metadata.TryGetValue(family.Key, out var known))
            {
                text.Append("# HELP ").Append(known.Name).Append(' ').Append(known.Help.Replace("\\", "\\\\").Replace("\n", "\\n")).Append('\n');
                text.Append("# TYPE ").Append(known.Name).Append(' ').Append(known.Type is MetricType.Unknown or MetricType.Info ? "untyped" : Exposition.NameOf(known.Type)).Append('\n');
            }

            foreach (var (labels, sample) in family)
            {
                text.Append(labels).Append(' ').Append(PromJson.Number(sample.Value)).Append('\n');
            }
        }

        await ResponseWriter.BytesAsync(context, StatusCodes.Status200OK, "text/plain; version=0.0.4; charset=utf-8", Encoding.UTF8.GetBytes(text.ToString()));
    }

    static Ok<MetricPushed> Push(HttpContext context, MetricPush body, MetricMonitor monitor, TimeProvider time)
    {
        var pushed = monitor.Pushed ?? throw new ProblemException(Unavailable);
        var service = body.ServiceName ?? context.Request.Headers["x-service-name"].ToString();
        var problem = !SeriesRules.IsMetricName(body.MetricName ?? "") ? "metric_name: expected letters, digits, '_' and ':', no digit first"
            : service.Length == 0 ? "service_name: name the sender, here or in the header x-service-name"
            : body.Type is not ("counter" or "gauge") ? "type: expected counter or gauge; send histograms by remote write or OTLP"
            : body.Type == "counter" && !(body.Value >= 0) ? "value: a counter is increased by 0 or more"
            : !double.IsFinite(body.Value) ? "value: expected a number"
            : body.Labels?.Keys.FirstOrDefault(name => !SeriesRules.IsLabelName(name) || name is "job" or SeriesLabels.Name) is { } label ? $"labels.{label}: no valid name of a label" : null;
        var labels = SeriesLabels.Of([.. body.Labels ?? new Dictionary<string, string>(), new(SeriesLabels.Name, body.MetricName ?? ""), new("job", service)]);
        if ((problem ?? (SeriesRules.IsValid(labels) ? null : "labels: too many, or a value is too long")) is { } wrong)
        {
            throw new ProblemException(s_invalid with { Detail = $"{wrong}." });
        }

        monitor.History!.Describe(new MetricMetadata(body.MetricName!, body.Type == "counter" ? MetricType.Counter : MetricType.Gauge));
        return pushed.Push(labels, body.Value, body.Type == "counter", time.GetUtcNow().ToUnixTimeMilliseconds())
            ? TypedResults.Ok(new MetricPushed(true)) : throw new ProblemException(s_full);
    }

    static IReadOnlyList<(SeriesLabels Labels, SeriesSample Sample)> LatestOf(MetricMonitor monitor, IReadOnlyList<LabelMatcher> matchers, TimeProvider time) =>
        [.. (monitor.History ?? throw new ProblemException(Unavailable)).Latest(matchers, (time.GetUtcNow() - s_lookback).ToUnixTimeMilliseconds()).OrderBy(item => item.Labels)];

    static List<LabelMatcher> Matchers(string? service, string? name)
    {
        var matchers = new List<LabelMatcher>();
        if (service is not null)
        {
            matchers.Add(new LabelMatcher("job", LabelMatch.Equal, service));
        }

        if (name is not null)
        {
            matchers.Add(new LabelMatcher(SeriesLabels.Name, LabelMatch.Equal, name));
        }

        return matchers;
    }

    static MetricItem ItemOf(SeriesLabels labels, SeriesSample sample) => new(labels.MetricName, labels["job"], double.IsFinite(sample.Value) ? sample.Value : null,
        DateTimeOffset.FromUnixTimeMilliseconds(sample.Time), labels.Where(name => name is not (SeriesLabels.Name or "job")).ToDictionary(StringComparer.Ordinal));

    static string FamilyOf(string name, Dictionary<string, MetricMetadata> metadata)
    {
        foreach (var suffix in new[] { "_bucket", "_sum", "_count" })
        {
            if (name.EndsWith(suffix, StringComparison.Ordinal) && metadata.TryGetValue(name[..^suffix.Length], out var family) && family.Type is MetricType.Histogram or MetricType.Summary)
            {
                return family.Name;
            }
        }

        return name;
    }
}
