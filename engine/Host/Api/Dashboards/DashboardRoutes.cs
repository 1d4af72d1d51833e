using System.Globalization;
using CartRecovery.Engine.ControlPlane.Users;
using CartRecovery.Engine.Ingest;
using CartRecovery.Engine.Monitoring.Alerts;
using CartRecovery.Engine.Monitoring.Incidents;
using CartRecovery.Engine.Monitoring.Query;
using CartRecovery.Engine.Monitoring.Services;
using CartRecovery.Host.Alerting;
using CartRecovery.Host.Api.Access;
using CartRecovery.Host.Api.Documentation;
using CartRecovery.Host.Api.Health;
using CartRecovery.Host.Api.Monitoring;
using CartRecovery.Host.Api.Problems;
using CartRecovery.Host.Api.Requests;
using CartRecovery.Host.Monitoring;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace CartRecovery.Host.Api.Dashboards;

/// <summary>Routes of <c>/api/v1/monitoring/dashboard</c> that summarise the history of metrics.</summary>
static class DashboardRoutes
{
    const string Job = $"job=\"{MetricMonitor.Job}\"";

    /// <summary>The problem of figures that cannot be computed.</summary>
    public static readonly HttpProblem NotComputed = new(422, "execution", "The figures read too many samples of the history of metrics, or take too long. Ask for a shorter period.");

    static readonly QueryParameter<long> s_start = QueryParameters.Time("start_date", "The start of the period. Default: an hour before its end.");
    static readonly QueryParameter<long> s_end = QueryParameters.Time("end_date", "The end of the period. Default: now.");

    // Name and query of the overview's means, each of one series.
    static readonly (string Name, string Query)[] s_means =
    [
        ("process_cpu_usage_cores", $"sum(rate(process_cpu_seconds_total{{{Job}}}[1h]))"),
        ("process_memory_bytes", $"sum(avg_over_time(process_resident_memory_bytes{{{Job}}}[1h]))"),
        ("events_per_second", $"sum(rate(cartrecovery_events_received_total{{{Job}}}[1h]))"),
        ("event_latency_p99_seconds", $"histogram_quantile(0.99, sum by (le) (rate(cartrecovery_event_latency_seconds_bucket{{{Job}}}[1h])))"),
        ("interventions_per_hour", $"sum(increase(cartrecovery_interventions_total{{{Job}}}[1h]))"),
        ("http_requests_per_second", $"sum(rate(cartrecovery_http_request_seconds_count{{{Job}}}[1h]))"),
    ];

    public static void Map(IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/api/v1/monitoring/dashboard").WithTags(ApiTags.Monitoring).RequireAuthorization(AccessPolicies.Monitoring)
            .WithMetadata(new RequiredPermission(Permission.MonitoringRead), new OperationsRoute());
        group.MapGet("/overview", OverviewAsync)
            .Describe("dashboardOverview", "Get an overview", "Health, alerts and incidents as they are now, and means of the last hour.")
            .Problems(NotComputed, MetricRoutes.Unavailable);
        group.MapGet("/performance", PerformanceAsync)
            .Describe("dashboardPerformance", "Get response times", "Response times of HTTP requests by group of routes, and of events, from the history of metrics.")
            .Query(s_start, s_end).Problems(NotComputed, MetricRoutes.Unavailable);
        group.MapGet("/business", BusinessAsync)
            .Describe("dashboardBusiness", "Get business figures", "Revenue, carts by state, and rates of abandonment, conversion and delivery, of all stores. `/v1/analytics/revenue` has other periods, by store.")
            .Problems(NotComputed, MetricRoutes.Unavailable);
    }

    static async Task<Ok<OverviewDashboard>> OverviewAsync(HttpContext context, HealthReport report, HealthMonitor health, MetricMonitor metrics, AlertingService alerting, TimeProvider time)
    {
        var now = time.GetUtcNow();
        var means = await ReadAsync(context, metrics, now.ToUnixTimeMilliseconds(), figures => s_means.Select(mean => new OverviewMetric(mean.Name, MetricMonitor.Job, figures.One(mean.Query))).ToList());
        var (response, _) = await report.MakeAsync(context.RequestAborted);
        List<(string Name, ServiceLevel Level)> levels =
        [
            .. response.Parts!.Select(part => (part.Key, HealthMonitor.LevelOf(part.Value.Status))), (HealthMonitor.Disk, health.DiskResult(now).Level),
            .. health.Services.Services.Where(service => service.Record.Last is not null).Select(service => (service.Check.Name, service.Record.Last!.Level)),
        ];
        var alerts = alerting.Alerts.Read((log, _, _) => AlertsOf(log.Active));
        var incidents = alerting.Alerts.WithIncidents(store => Count(store, IncidentState.Open) + Count(store, IncidentState.Investigating));
        return TypedResults.Ok(new OverviewDashboard(
            new OverviewHealth(HealthMonitor.NameOf(levels.Max(one => one.Level)), response.Parts!.Count + 1, health.Services.Services.Count,
                [.. levels.Where(one => one.Level != ServiceLevel.Healthy).Select(one => one.Name)]),
            alerts, incidents, means, now));
    }

    static async Task<Ok<PerformanceDashboard>> PerformanceAsync(HttpContext context, RequestQuery query, MetricMonitor metrics, TimeProvider time)
    {
        var end = query.Of(s_end, time.GetUtcNow().ToUnixTimeMilliseconds());
        var start = query.Of(s_start, end - 3_600_000);
        if (end - start < 60_000)
        {
            throw new ProblemException(ApiProblems.OutOfRange with { Detail = "start_date: expected a time at least a minute before end_date." });
        }

        var range = string.Create(CultureInfo.InvariantCulture, $"[{(end - start) / 1000}s]");
        var (endpoints, events) = await ReadAsync(context, metrics, end, figures => (EndpointsOf(figures, range), EventsOf(figures, range, (end - start) / 1000.0)));
        return TypedResults.Ok(new PerformanceDashboard(endpoints, events, string.Create(CultureInfo.InvariantCulture, $"{TimeSpan.FromMilliseconds(end - start).TotalHours:0.##}h"),
            DateTimeOffset.FromUnixTimeMilliseconds(start), DateTimeOffset.FromUnixTimeMilliseconds(end)));
    }

    static async Task<Ok<BusinessDashboard>> BusinessAsync(HttpContext context, MetricMonitor metrics, TimeProvider time)
    {
        var now = time.GetUtcNow();
        return TypedResults.Ok(await ReadAsync(context, metrics, now.ToUnixTimeMilliseconds(), figures => BusinessOf(figures, now)));
    }

    /// <summary>Reads figures out of the history of metrics.</summary>
    /// <exception cref="ProblemException">There is no history, or it cannot answer within its bounds.</exception>
    public static async Task<T> ReadAsync<T>(HttpContext context, MetricMonitor metrics, long at, Func<HistoryFigures, T> read)
    {
        var engine = metrics.Engine ?? throw new ProblemException(MetricRoutes.Unavailable);
        try
        {
            return await metrics.RunAsync(cancelled => read(new HistoryFigures(engine, at, cancelled)), timeout: null, context.RequestAborted);
        }
        catch (Exception e) when (e is PromQlException || (e is OperationCanceledException && !context.RequestAborted.IsCancellationRequested))
        {
            throw new ProblemException(NotComputed);
        }
    }

    static OverviewAlerts AlertsOf(IReadOnlyCollection<AlertOccurrence> active) => new(active.Count,
        active.Count(alert => alert.Labels["severity"] is "critical" or "page"), active.Count(alert => alert.Labels["severity"] == "warning"), active.Count(alert => alert.AcknowledgedBy is not null));

    static int Count(IncidentStore store, IncidentState state) => store.List(state, long.MaxValue, 1000).Count;

    static List<EndpointPerformance> EndpointsOf(HistoryFigures figures, string range)
    {
        const string metric = "cartrecovery_http_request_seconds";
        var count = figures.By("group", $"sum by (group) (increase({metric}_count{{{Job}}}{range}))");
        var seconds = figures.By("group", $"sum by (group) (increase({metric}_sum{{{Job}}}{range}))");
        var errors = figures.By("group", $"sum by (group) (increase(cartrecovery_http_errors_total{{{Job}}}{range}))");
        var (p95, p99) = (Quantile("0.95"), Quantile("0.99"));
        return
        [
            .. count.Where(one => one.Value > 0).Select(one => new EndpointPerformance
            {
                ServiceName = MetricMonitor.Job,
                Endpoint = one.Key,
                AvgResponseTime = Milliseconds(seconds.GetValueOrDefault(one.Key) / one.Value),
                P95 = p95.TryGetValue(one.Key, out var high) ? Milliseconds(high) : null,
                P99 = p99.TryGetValue(one.Key, out var highest) ? Milliseconds(highest) : null,
                RequestCount = (long)Math.Round(one.Value),
                ErrorCount = (long)Math.Round(errors.GetValueOrDefault(one.Key)),
            }).OrderByDescending(one => one.P95 ?? 0).ThenBy(one => one.Endpoint, StringComparer.Ordinal),
        ];

        IReadOnlyDictionary<string, double> Quantile(string share) => figures.By("group", $"histogram_quantile({share}, sum by (group, le) (increase({metric}_bucket{{{Job}}}{range})))");
    }

    static EventPerformance EventsOf(HistoryFigures figures, string range, double seconds)
    {
        var count = figures.One($"sum(increase(cartrecovery_events_received_total{{{Job}}}{range}))") ?? 0;
        return new EventPerformance((long)Math.Round(count), Math.Round(count / seconds, 3), Quantile("0.5"), Quantile("0.95"), Quantile("0.99"));

        double? Quantile(string share) => figures.One($"histogram_quantile({share}, sum by (le) (increase(cartrecovery_event_latency_seconds_bucket{{{Job}}}{range})))") is { } value ? Milliseconds(value) : null;
    }

    static BusinessDashboard BusinessOf(HistoryFigures figures, DateTimeOffset now)
    {
        var carts = figures.By("state", $"sum by (state) (cartrecovery_carts{{{Job}}})").ToDictionary(one => one.Key, one => (long)one.Value, StringComparer.Ordinal);
        var (revenue, orders, recoveredOrders) = (Money("revenue"), Money("orders"), Money("recovered_orders"));
        var (recovered, incremental) = (Money("recovered_revenue"), Money("incremental_revenue"));
        var (ordersToday, today) = (Money("orders_today"), Money("revenue_today"));
        var sent = figures.One($"sum(increase(cartrecovery_interventions_total{{{Job}}}[1d]))") ?? 0;
        var delivered = figures.One($"sum(increase(cartrecovery_interventions_total{{{Job},outcome=\"delivered\"}}[1d]))") ?? 0;
        var (regained, bought, contacted, lost) = (Carts("recovered"), Carts("purchased"), Carts("contacted"), Carts("lost"));
        return new BusinessDashboard(
            [.. revenue.Keys.Order(StringComparer.Ordinal).Select(currency => new BusinessRevenue(currency, Of(orders, currency), Of(revenue, currency), Of(recoveredOrders, currency), Of(recovered, currency), Of(incremental, currency), Of(ordersToday, currency), Of(today, currency)))],
            carts, new BusinessRates(Percent(carts.Values.Sum() - regained - bought, carts.Values.Sum()), Percent(regained, regained + contacted + lost), Percent(Math.Min(delivered, sent), sent)), now);

        IReadOnlyDictionary<string, double> Money(string metric) => figures.By("currency", $"sum by (currency) (cartrecovery_{metric}{{{Job}}})");

        long Carts(string state) => carts.GetValueOrDefault(state);
    }

    static double? Of(IReadOnlyDictionary<string, double> values, string key) => values.TryGetValue(key, out var value) ? Math.Round(value, 2) : null;

    static double? Percent(double part, double whole) => whole > 0 ? Math.Round(100 * part / whole, 2) : null;

    static double Milliseconds(double seconds) => Math.Round(1000 * seconds, 2);
}
