using System.ComponentModel;
using System.Globalization;
using System.Text.Json.Serialization.Metadata;
using CartRecovery.Engine.ControlPlane.Users;
using CartRecovery.Engine.Ingest;
using CartRecovery.Engine.Journeys;
using CartRecovery.Engine.Monitoring.Query;
using CartRecovery.Engine.Monitoring.Services;
using CartRecovery.Host.Api.Access;
using CartRecovery.Host.Api.Documentation;
using CartRecovery.Host.Api.Monitoring;
using CartRecovery.Host.Api.Problems;
using CartRecovery.Host.Api.Requests;
using CartRecovery.Host.Monitoring;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Options;

namespace CartRecovery.Host.Api.Health;

/// <summary>Routes about the health of the shop's services and of the engine's parts, and how well the services met their targets.</summary>
static class ServiceHealthRoutes
{
    // Parts without which the engine does not do its whole job, and which others provide; sinks besides.
    static readonly string[] s_dependencies = ["control", "monitoring", "alerts", "issuers", "certificates", "rates"];

    // What an event passes, in this order; sinks besides.
    static readonly string[] s_stages = ["streams", "deadletters", "partition-", "journal", "checkpoints", "model", "outreach", "sink-"];

    static readonly HttpProblem s_notFound = new(404, "service_not_found", "There is no such service or part. GET /health/detailed lists them.");
    static readonly HttpProblem s_notComputed = new(422, "execution", "The figures read too many samples of the history of metrics, or take too long. Ask for a shorter period.");

    static readonly QueryParameter<long> s_start = QueryParameters.Time("start_date", "The start of the period. Default: 30 days ago.");
    static readonly QueryParameter<long> s_end = QueryParameters.Time("end_date", "The end of the period. Default: now.");

    public static void Map(IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("").WithTags(ApiTags.Monitoring).RequireAuthorization(AccessPolicies.Monitoring)
            .WithMetadata(new RequiredPermission(Permission.MonitoringRead), new OperationsRoute());
        group.MapGet("/health/detailed", DetailedAsync).Describe("getDetailedHealth", "Check health in detail", "The engine's parts and the shop's services (`monitoring.services`), each healthy, degraded or unhealthy.");
        group.MapGet("/v1/status", DetailedAsync).Describe("getStatus", "Get the status", "As `/health/detailed`.");
        group.MapGet("/health/services/all", Services).Describe("listServiceHealth", "List the health of services", "The shop's services as the last checks found them.");
        group.MapGet("/v1/services/status", Services).Describe("listServiceStatus", "List the status of services", "As `/health/services/all`.");
        group.MapGet("/health/dependencies", DependenciesAsync)
            .Describe("getDependencyHealth", "Check dependencies", "What the engine needs of others: the control database, the disk, the metric history, alerting, identity providers, exchange rates and each sink.");
        group.MapGet("/v1/pipeline/status", PipelineAsync)
            .Describe("getPipelineStatus", "Get the pipeline's status", "The stages that an event passes, in order, with queues and lag, and what has passed since the start.");
        group.MapGet("/health/{service}", ServiceAsync)
            .Describe("getServiceHealth", "Check a service", "A service of the shop as the last check found it, or a part of the engine. 503 if it is unhealthy.")
            .Produces<ServiceHealth>(StatusCodes.Status503ServiceUnavailable).Problems(s_notFound);
        group.MapGet("/api/v1/monitoring/dashboard/sla", SlaAsync)
            .Describe("dashboardSla", "Get uptime and response times", "How well the shop's services met their targets: uptime, response times, violations, error budgets and burn rates; and the uptime of the engine's parts. From the history of metrics.")
            .Query(s_start, s_end).Problems(s_notComputed, MetricRoutes.Unavailable);
    }

    static async Task<Ok<DetailedHealth>> DetailedAsync(HttpContext context, HealthReport report, HealthMonitor monitor, TimeProvider time)
    {
        var (health, _) = await report.MakeAsync(context.RequestAborted);
        var now = time.GetUtcNow();
        var parts = PartsOf(health, monitor, now);
        var services = monitor.Services.Services.Select(ServiceHealth.Of).ToList();

        // A service that is down does not make the engine unhealthy, but the shop.
        var statuses = services.Select(one => one.Status).Append(HealthMonitor.NameOf(HealthMonitor.LevelOf(health.Status))).ToHashSet(StringComparer.Ordinal);
        var status = statuses.Contains("unhealthy") ? "unhealthy" : statuses.Contains("degraded") ? "degraded" : "healthy";
        return TypedResults.Ok(new DetailedHealth(status, now, BuildVersion.Number, Math.Round((now - monitor.StartedAt).TotalSeconds), parts, services));
    }

    static Ok<List<ServiceHealth>> Services(HealthMonitor monitor) => TypedResults.Ok(monitor.Services.Services.Select(ServiceHealth.Of).ToList());

    static async Task<Ok<Dictionary<string, DependencyHealth>>> DependenciesAsync(HttpContext context, HealthReport report, HealthMonitor monitor, TimeProvider time)
    {
        var (health, _) = await report.MakeAsync(context.RequestAborted);
        return TypedResults.Ok(PartsOf(health, monitor, time.GetUtcNow())
            .Where(part => part.Service == HealthMonitor.Disk || s_dependencies.Contains(part.Service) || part.Service.StartsWith("sink-", StringComparison.Ordinal))
            .ToDictionary(part => part.Service, part => new DependencyHealth(part.Status, part.Error), StringComparer.Ordinal));
    }

    static async Task<Ok<PipelineStatus>> PipelineAsync(HttpContext context, HealthReport report, IEngineTotals totals, JourneyWorker journeys)
    {
        var (health, _) = await report.MakeAsync(context.RequestAborted);
        List<(ServiceLevel Level, PipelineStage Stage)> stages =
        [
            .. s_stages.SelectMany(stage => health.Parts!.Where(part => part.Key == stage || (stage[^1] == '-' && part.Key.StartsWith(stage, StringComparison.Ordinal))))
                .Select(part => (HealthMonitor.LevelOf(part.Value.Status), part))
                .Select(one => (one.Item1, new PipelineStage(one.part.Key, HealthMonitor.NameOf(one.Item1), one.part.Value.Detail, one.part.Value.QueueDepth))),
        ];
        return TypedResults.Ok(new PipelineStatus(HealthMonitor.NameOf(stages.Max(stage => stage.Level)), stages.ConvertAll(stage => stage.Stage),
            totals.Processed, totals.Predictions, totals.Carts, journeys.Lag, Math.Round(journeys.LagTime.TotalSeconds, 1)));
    }

    static async Task<Results<Ok<ServiceHealth>, JsonHttpResult<ServiceHealth>>> ServiceAsync(
        HttpContext context, [Description("A service of `monitoring.services`, or a part of `/health`.")] string service, HealthReport report, HealthMonitor monitor, TimeProvider time,
        IOptions<JsonOptions> json)
    {
        var found = monitor.Services.Find(service) is { } known ? ServiceHealth.Of(known)
            : PartsOf((await report.MakeAsync(context.RequestAborted)).Response, monitor, time.GetUtcNow()).FirstOrDefault(part => part.Service == service);
        return found is null ? throw new ProblemException(s_notFound)
            : found.Status == HealthMonitor.NameOf(ServiceLevel.Unhealthy) ? TypedResults.Json(found, (JsonTypeInfo<ServiceHealth>)json.Value.SerializerOptions.GetTypeInfo(typeof(ServiceHealth)), statusCode: StatusCodes.Status503ServiceUnavailable)
            : TypedResults.Ok(found);
    }

    static async Task<Ok<SlaDashboard>> SlaAsync(HttpContext context, RequestQuery query, MetricMonitor metrics, HealthMonitor monitor, TimeProvider time)
    {
        var engine = metrics.Engine ?? throw new ProblemException(MetricRoutes.Unavailable);
        var end = query.Of(s_end, time.GetUtcNow().ToUnixTimeMilliseconds());
        var start = query.Of(s_start, end - (long)TimeSpan.FromDays(30).TotalMilliseconds);
        if (start >= end)
        {
            throw new ProblemException(ApiProblems.OutOfRange with { Detail = "start_date: expected a time before end_date." });
        }

        try
        {
            var services = monitor.Services.Services;
            var levels = new ServiceLevels(engine, services);
            var (figures, parts) = await metrics.RunAsync(cancelled => (levels.Compute(start, end, cancelled), levels.ComputeParts(start, end, cancelled)), timeout: null, context.RequestAborted);
            return TypedResults.Ok(new SlaDashboard([.. services.Select(one => SlaOf(one.Check, figures[one.Check.Name]))],
                [.. parts.OrderBy(one => one.Key, StringComparer.Ordinal).Select(one => new PartSla(one.Key, Percent(one.Value.Uptime)!.Value, Percent(one.Value.Healthy)!.Value, (long)Math.Round(one.Value.Samples)))],
                string.Create(CultureInfo.InvariantCulture, $"{TimeSpan.FromMilliseconds(end - start).TotalDays:0.##}d"),
                DateTimeOffset.FromUnixTimeMilliseconds(start), DateTimeOffset.FromUnixTimeMilliseconds(end)));
        }
        catch (Exception e) when (e is PromQlException || (e is OperationCanceledException && !context.RequestAborted.IsCancellationRequested))
        {
            throw new ProblemException(s_notComputed);
        }
    }

    static ServiceSla SlaOf(ServiceCheck check, ServiceFigures figures) => new()
    {
        ServiceName = check.Name,
        AvgUptime = Percent(figures.Uptime),
        UptimeTarget = Percent(check.Objective)!.Value,
        AvgLatency = Milliseconds(figures.Mean),
        AvgP95Latency = Milliseconds(figures.P95),
        AvgP99Latency = Milliseconds(figures.P99),
        LatencyTarget = check.Latency.TotalMilliseconds,
        TotalViolations = figures.Violations,
        TotalChecks = (long)Math.Round(figures.Checks),
        ErrorBudgetLeft = Percent(figures.BudgetLeft),
        BurnRates = ServiceLevels.BurnHours.Zip(figures.BurnRates).ToDictionary(
            rate => string.Create(CultureInfo.InvariantCulture, $"{rate.First}h"), rate => rate.Second is { } burn ? Math.Round(burn, 3) : (double?)null, StringComparer.Ordinal),
    };

    static double? Percent(double? share) => share is { } value ? Math.Round(100 * value, 4) : null;

    static double? Milliseconds(double? seconds) => seconds is { } value ? Math.Round(1000 * value, 1) : null;

    static List<ServiceHealth> PartsOf(HealthResponse health, HealthMonitor monitor, DateTimeOffset now)
    {
        var disk = monitor.DiskResult(now);
        var status = disk.Level == ServiceLevel.Healthy ? "ok" : disk.Level == ServiceLevel.Unhealthy ? "down" : "degraded";
        return [.. health.Parts!.Append(new(HealthMonitor.Disk, new PartHealth(status, disk.Detail))).Select(part => ServiceHealth.Of(part.Key, part.Value, monitor.Parts.GetValueOrDefault(part.Key), now))];
    }
}
