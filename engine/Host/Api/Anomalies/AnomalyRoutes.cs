using System.ComponentModel;
using System.Globalization;
using CartRecovery.Engine.ControlPlane.Insights;
using CartRecovery.Engine.ControlPlane.Users;
using CartRecovery.Engine.Ingest;
using CartRecovery.Engine.Monitoring.Alerts;
using CartRecovery.Engine.Monitoring.Incidents;
using CartRecovery.Host.Alerting;
using CartRecovery.Host.Api.Access;
using CartRecovery.Host.Api.Alerts;
using CartRecovery.Host.Api.Audit;
using CartRecovery.Host.Api.Auth;
using CartRecovery.Host.Api.Documentation;
using CartRecovery.Host.Api.Incidents;
using CartRecovery.Host.Api.Problems;
using CartRecovery.Host.Api.Requests;
using CartRecovery.Host.Api.Responses;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace CartRecovery.Host.Api.Anomalies;

/// <summary>Routes of <c>/v1/anomalies</c>: what is unusual now, from alerts, jobs and people.</summary>
static class AnomalyRoutes
{
    const int MaxNote = 4096, MaxReports = 1000;

    static readonly HttpProblem s_notFound = new(404, "anomaly_not_found", "There is no such anomaly. GET /v1/anomalies lists them.");
    static readonly HttpProblem s_invalid = new(400, "invalid_anomaly", "The body is not a change of an anomaly.");
    static readonly HttpProblem s_finding = new(409, "anomaly_of_job", "The finding of a job ends when the job no longer finds it.");

    static readonly QueryParameter<string> s_kind = QueryParameters.Choice("kind", "Only anomalies of this kind.", ["alert", "drift", "data_quality", "report"], @default: null);

    public static void Map(IEndpointRouteBuilder routes)
    {
        var (reads, writes) = (new RequiredPermission(Permission.AlertsRead), new RequiredPermission(Permission.AlertsWrite));
        var group = routes.MapGroup("/v1/anomalies").WithTags(ApiTags.Alerts).RequireAuthorization(AccessPolicies.User);
        group.MapGet("", ListAsync).WithMetadata(reads)
            .Describe("listAnomalies", "List anomalies", "Alerts that fire, drift and exceeded limits of data quality by store, and what people reported that is not resolved; the newest first.")
            .Query(QueryParameters.Limit, QueryParameters.Cursor, s_kind).Problems(ControlProblems.Unavailable);
        group.MapPost("/report", Report).WithMetadata(writes, new AuditedChange("anomaly.report"))
            .Describe("reportAnomaly", "Report an anomaly", "Creates an incident, whose timeline begins with the description.")
            .Produces<AnomalyItem>(StatusCodes.Status201Created).Problems(ApiProblems.InvalidJson, IncidentRoutes.Invalid, AlertProblems.NotStored);
        group.MapGet("/{id}", GetAsync).WithMetadata(reads)
            .Describe("getAnomaly", "Get an anomaly", "One that is active, or was.").Problems(s_notFound, ControlProblems.Unavailable);
        group.MapPut("/{id}", ChangeAsync).WithMetadata(writes, new AuditedChange("anomaly.change", "id"))
            .Describe("changeAnomaly", "Change the status of an anomaly", "Acknowledges or resolves an alert; investigates, resolves or closes a report.")
            .Produces<AnomalyItem>()
            .Problems(ApiProblems.InvalidJson, s_invalid, s_notFound, s_finding, AlertProblems.NotFiring, IncidentRoutes.Conflict, AlertProblems.NotStored, ControlProblems.Unavailable);
    }

    static async Task<Ok<ItemPage<AnomalyItem>>> ListAsync(HttpContext context, RequestQuery query, AlertingService alerting, InsightStore insights, TimeProvider time)
    {
        var kind = query.Of(s_kind);
        var alerts = alerting.Alerts.Read((log, _, _) => log.Active.Where(IsUnusual).ToArray());
        var reports = alerting.Alerts.WithIncidents(incidents => incidents.List(null, long.MaxValue, MaxReports)
            .Where(incident => incident is { CreatedBy: not null, State: < IncidentState.Resolved })
                .Select(incident => AnomalyItem.Of(incident, incidents.Timeline(incident.Id))).ToList());
        IEnumerable<AnomalyItem> all =
            [.. alerts.Select(AnomalyItem.Of),
                .. await StoreFindings.ReadAsync(insights, time.GetUtcNow(), context.RequestAborted), .. reports];
        return TypedResults.Ok(Cursors.Page(context, query,
            [.. all.Where(item => kind is null || item.Kind == kind).OrderByDescending(item => item.DetectedAt).ThenBy(item => item.Id, StringComparer.Ordinal)]));
    }

    static async Task<Ok<AnomalyItem>> GetAsync(HttpContext context, [Description("The anomaly.")] string id, AlertingService alerting, InsightStore insights, TimeProvider time) =>
        TypedResults.Ok(await FindAsync(context, id, alerting, insights, time));

    static Created<AnomalyItem> Report(HttpContext context, IncidentReport body, AlertingService alerting)
    {
        var created = IncidentRoutes.Report(context, body, alerting);
        AuditTarget.Set(context, string.Create(CultureInfo.InvariantCulture, $"incident:{created.Id}"));
        return TypedResults.Created((string?)null, AnomalyItem.Of(created, alerting.Alerts.WithIncidents(incidents => incidents.Timeline(created.Id))));
    }

    static async Task<Ok<AnomalyItem>> ChangeAsync(
        HttpContext context, [Description("The anomaly.")] string id, AnomalyChange body, AlertingService alerting, InsightStore insights, TimeProvider time)
    {
        var before = await FindAsync(context, id, alerting, insights, time);
        if (body.Note?.Length > MaxNote)
        {
            throw new ProblemException(s_invalid with { Detail = $"note: at most {MaxNote} characters." });
        }

        switch (before.Kind, body.Status)
        {
            case ("alert", "acknowledged" or "resolved"):
                ChangeAlert(context, id, body, alerting);
                break;
            case ("report", "investigating" or "resolved" or "closed"):
                var state = body.Status switch { "investigating" => IncidentState.Investigating, "resolved" => IncidentState.Resolved, _ => IncidentState.Closed };
                _ = IncidentRoutes.Move(context, ReportOf(id), state, string.IsNullOrWhiteSpace(body.Note) ? null : body.Note, alerting) ?? throw new ProblemException(s_notFound);
                break;
            case ("alert" or "report", _):
                throw new ProblemException(s_invalid with
                {
                    Detail = before.Kind == "alert" ? "status: expected acknowledged or resolved." : "status: expected investigating, resolved or closed.",
                });
            default:
                throw new ProblemException(s_finding);
        }

        return TypedResults.Ok(await FindAsync(context, id, alerting, insights, time));
    }

    static void ChangeAlert(HttpContext context, string id, AnomalyChange body, AlertingService alerting)
    {
        try
        {
            var who = UserIdentity.Of(context).ActorName;
            _ = (body.Status == "resolved" ? alerting.Alerts.Resolve(id, who, body.Note) : alerting.Alerts.Acknowledge(id, who, body.Note))
                ?? throw new ProblemException(AlertProblems.NotFiring);
        }
        catch (IOException)
        {
            throw new ProblemException(AlertProblems.NotStored);
        }
    }

    static async Task<AnomalyItem> FindAsync(HttpContext context, string id, AlertingService alerting, InsightStore insights, TimeProvider time)
    {
        if (id.StartsWith(AnomalyItem.ReportPrefix, StringComparison.Ordinal))
        {
            var number = ReportOf(id);
            var (incident, timeline) = alerting.Alerts.WithIncidents(incidents => (incidents.Find(number), incidents.Timeline(number)));
            return incident is not { CreatedBy: not null } ? throw new ProblemException(s_notFound)
                : AnomalyItem.Of(incident, timeline) with { Timeline = [.. timeline.Select(IncidentEntryItem.Of)] };
        }

        return alerting.Alerts.Read((log, _, _) => log.Find(id)) is { } alert ? AnomalyItem.Of(alert)
            : (await StoreFindings.ReadAsync(insights, time.GetUtcNow(), context.RequestAborted)).FirstOrDefault(item => item.Id == id) ?? throw new ProblemException(s_notFound);
    }

    static long ReportOf(string id) => long.TryParse(id.AsSpan(AnomalyItem.ReportPrefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0;

    // A heartbeat always fires, and a silence that ends is no fault.
    static bool IsUnusual(AlertOccurrence alert) => alert.Labels["severity"] is not ("none" or "info");
}
