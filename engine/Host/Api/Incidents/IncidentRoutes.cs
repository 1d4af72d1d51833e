using System.ComponentModel;
using System.Globalization;
using CartRecovery.Engine.ControlPlane.Users;
using CartRecovery.Engine.Ingest;
using CartRecovery.Engine.Monitoring.Incidents;
using CartRecovery.Host.Alerting;
using CartRecovery.Host.Api.Access;
using CartRecovery.Host.Api.Alerts;
using CartRecovery.Host.Api.Audit;
using CartRecovery.Host.Api.Documentation;
using CartRecovery.Host.Api.Problems;
using CartRecovery.Host.Api.Requests;
using CartRecovery.Host.Api.Responses;
using CartRecovery.Host.Api.Status;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace CartRecovery.Host.Api.Incidents;

/// <summary>Routes of <c>/api/v1/monitoring/incidents</c>, and the dashboard's view of them.</summary>
static class IncidentRoutes
{
    const int MaxText = 4096, MaxList = 50;

    const long Month = 30L * 24 * 3_600_000;

    /// <summary>400: the body is not a valid incident.</summary>
    public static readonly HttpProblem Invalid = new(400, "invalid_incident", "The body is not an incident.");
    static readonly HttpProblem s_noUpdate = new(404, "update_not_found", "The incident has no public update with this number.");
    static readonly HttpProblem s_notFound = new(404, "incident_not_found", "There is no such incident. GET /api/v1/monitoring/incidents lists them.");

    /// <summary>409: the incident's state does not allow the change.</summary>
    public static readonly HttpProblem Conflict = new(409, "incident_state", "The incident's state does not allow this.");

    static readonly QueryParameter<string> s_status = QueryParameters.Choice("status", "Only incidents in this state.", ["open", "investigating", "resolved", "closed"], @default: null);

    public static void Map(IEndpointRouteBuilder routes)
    {
        var (reads, writes) = (new RequiredPermission(Permission.AlertsRead), new RequiredPermission(Permission.AlertsWrite));
        var group = routes.MapGroup("/api/v1/monitoring/incidents").WithTags(ApiTags.Alerts).RequireAuthorization(AccessPolicies.User);
        group.MapGet("", List).WithMetadata(reads).Describe("listIncidents", "List incidents", "Incidents of alerts and of people, the newest first.")
            .Query(QueryParameters.Limit, QueryParameters.Cursor, s_status);
        group.MapGet("/figures", Figures).WithMetadata(reads)
            .Describe("incidentFigures", "Get MTTA and MTTR", "Of the incidents that began in the last 30 days: the mean time until somebody took care, and until they were resolved.");
        group.MapGet("/{id:long}", Get).WithMetadata(reads).Describe("getIncident", "Get an incident", "An incident with its timeline.").Problems(s_notFound);
        group.MapPost("", Create).WithMetadata(writes, new AuditedChange("incident.create"))
            .Describe("createIncident", "Create an incident", "By hand. Alerts with the label `incident` create their own.")
            .Produces<IncidentItem>(StatusCodes.Status201Created).Problems(ApiProblems.InvalidJson, Invalid, AlertProblems.NotStored);
        group.MapPatch("/{id:long}", Change).WithMetadata(writes, new AuditedChange("incident.change", "id"))
            .Describe("changeIncident", "Change an incident", "Its state and what is known of it. A closed incident does not change any more.")
            .Produces<IncidentItem>().Problems(ApiProblems.InvalidJson, Invalid, s_notFound, Conflict, AlertProblems.NotStored);
        group.MapPost("/{id:long}/entries", Note).WithMetadata(writes, new AuditedChange("incident.note", "id"))
            .Describe("noteIncident", "Add to an incident's timeline", "A note, a deployment, a change of configuration, or an update for the public status page.")
            .Produces<IncidentItem>().Problems(ApiProblems.InvalidJson, Invalid, s_notFound, Conflict, AlertProblems.NotStored);
        group.MapDelete("/{id:long}/entries/{number:long}", Withdraw).WithMetadata(writes, new AuditedChange("incident.withdraw", "id"))
            .Describe("withdrawIncidentUpdate", "Withdraw a public update", "The status page no longer shows it; the timeline keeps it as `withdrawn`.")
            .Produces<IncidentItem>().Problems(s_notFound, s_noUpdate, AlertProblems.NotStored);
        routes.MapGet("/api/v1/monitoring/dashboard/incidents", Dashboard).WithTags(ApiTags.Alerts).RequireAuthorization(AccessPolicies.User).WithMetadata(reads)
            .Describe("dashboardIncidents", "List incidents for a dashboard", "The incidents that are not closed, the newest first, at most 100.");
    }

    /// <summary>Creates an incident of what somebody reports.</summary>
    /// <exception cref="ProblemException">The report is invalid, or the database cannot be written.</exception>
    public static Incident Report(HttpContext context, IncidentReport report, AlertingService alerting)
    {
        IncidentBody body = new(report.Title, report.Severity, null, report.AffectedServices, null, report.Links);
        Check(body, isNew: true);
        if (report.Description?.Length > MaxText)
        {
            throw new ProblemException(Invalid with { Detail = $"description: at most {MaxText} characters." });
        }

        var (who, now) = (UserIdentity.Of(context).ActorName, AlertIds.Now(context));
        return Stored(() => alerting.Alerts.WithIncidents(incidents =>
        {
            var created = incidents.Create(With(new Incident { Title = body.Title!, Severity = "warning" }, body), who, now);
            if (!string.IsNullOrWhiteSpace(report.Description))
            {
                incidents.Note(created.Id, new IncidentEntry(now, "note", who, report.Description));
            }

            return created;
        }));
    }

    /// <summary>Changes the state of an incident.</summary>
    /// <returns>The incident; null if there is none.</returns>
    /// <exception cref="ProblemException">The state does not allow it, or the database cannot be written.</exception>
    public static Incident? Move(HttpContext context, long id, IncidentState state, string? note, AlertingService alerting)
    {
        var (who, now) = (UserIdentity.Of(context).ActorName, AlertIds.Now(context));
        return Stored(() => alerting.Alerts.WithIncidents(incidents =>
        {
            // A change that will be refused leaves no note.
            if (note is not null && incidents.Find(id) is { State: not IncidentState.Closed } before && (state != IncidentState.Open || before.State == IncidentState.Open))
            {
                incidents.Note(id, new IncidentEntry(now, "note", who, note));
            }

            return incidents.Change(id, incident => incident with { State = state }, who, now);
        }));
    }

    static Ok<ItemPage<IncidentItem>> List(HttpContext context, RequestQuery query, AlertingService alerting)
    {
        var (cursor, limit) = (Cursors.Read(query.Of(QueryParameters.Cursor)), query.Of(QueryParameters.Limit, QueryParameters.DefaultPageSize));
        var found = alerting.Alerts.WithIncidents(incidents => incidents.List(StateOf(query.Of(s_status)), cursor == 0 ? long.MaxValue : cursor, limit + 1));
        var next = found.Count > limit ? found[limit - 1].Id.ToString(CultureInfo.InvariantCulture) : null;
        return TypedResults.Ok(new ItemPage<IncidentItem>([.. found.Take(limit).Select(IncidentItem.Of)], SealedCursor.Seal(context, next)));
    }

    static Ok<IncidentDashboard> Dashboard(AlertingService alerting) => TypedResults.Ok(new IncidentDashboard(
        [.. alerting.Alerts.WithIncidents(incidents => incidents.List(null, long.MaxValue, 1000)).Where(incident => incident.State != IncidentState.Closed).Take(100).Select(IncidentItem.Of)]));

    static Ok<IncidentFiguresItem> Figures(HttpContext context, AlertingService alerting)
    {
        var now = AlertIds.Now(context);
        var figures = alerting.Alerts.WithIncidents(incidents => incidents.Figures(now - Month, now + 1));
        return TypedResults.Ok(new IncidentFiguresItem(figures.Count, figures.MeanToAcknowledge?.TotalSeconds, figures.MeanToResolve?.TotalSeconds));
    }

    static Ok<IncidentItem> Get([Description("The incident.")] long id, AlertingService alerting) => TypedResults.Ok(Detail(id, alerting));

    static Created<IncidentItem> Create(HttpContext context, IncidentBody body, AlertingService alerting)
    {
        Check(body, isNew: true);
        var created = Stored(() => alerting.Alerts.WithIncidents(incidents => incidents.Create(
            With(new Incident { Title = body.Title!, Severity = "warning" }, body), UserIdentity.Of(context).ActorName, AlertIds.Now(context))));
        AuditTarget.Set(context, string.Create(CultureInfo.InvariantCulture, $"incident:{created.Id}"));
        return TypedResults.Created((string?)null, IncidentItem.Of(created));
    }

    static Ok<IncidentItem> Change(HttpContext context, [Description("The incident.")] long id, IncidentBody body, AlertingService alerting)
    {
        Check(body, isNew: false);
        var changed = Stored(() => alerting.Alerts.WithIncidents(incidents => incidents.Change(id, incident => With(incident, body), UserIdentity.Of(context).ActorName, AlertIds.Now(context))));
        return changed is null ? throw new ProblemException(s_notFound) : TypedResults.Ok(Detail(id, alerting));
    }

    static Ok<IncidentItem> Note(HttpContext context, [Description("The incident.")] long id, IncidentEntryBody body, AlertingService alerting)
    {
        if (string.IsNullOrWhiteSpace(body.Text) || body.Text.Length > MaxText || body.Kind is not (null or "note" or "deploy" or "configuration" or IncidentStore.PublicKind))
        {
            throw new ProblemException(Invalid with { Detail = "text: 1 to 4096 characters; kind: note, deploy, configuration or public." });
        }

        var entry = new IncidentEntry(AlertIds.Now(context), body.Kind ?? "note", UserIdentity.Of(context).ActorName, body.Text);
        return Stored(() => alerting.Alerts.WithIncidents(incidents => incidents.Note(id, entry))) ? TypedResults.Ok(Detail(id, alerting)) : throw new ProblemException(s_notFound);
    }

    static Ok<IncidentItem> Withdraw(
        [Description("The incident.")] long id, [Description("The number of the update in the timeline.")] long number, AlertingService alerting, StatusBoard board)
    {
        if (!Stored(() => alerting.Alerts.WithIncidents(incidents => incidents.Withdraw(id, number))))
        {
            throw new ProblemException(alerting.Alerts.WithIncidents(incidents => incidents.Find(id)) is null ? s_notFound : s_noUpdate);
        }

        board.Expire();
        return TypedResults.Ok(Detail(id, alerting));
    }

    static IncidentItem Detail(long id, AlertingService alerting)
    {
        var (incident, timeline) = alerting.Alerts.WithIncidents(incidents => (incidents.Find(id), incidents.Timeline(id)));
        return incident is null ? throw new ProblemException(s_notFound)
            : IncidentItem.Of(incident) with { Timeline = [.. timeline.Select(IncidentEntryItem.Of)] };
    }

    static T Stored<T>(Func<T> change)
    {
        try
        {
            return change();
        }
        catch (IncidentException e)
        {
            throw new ProblemException(Conflict with { Detail = $"{e.Message}." });
        }
        catch (IOException)
        {
            throw new ProblemException(AlertProblems.NotStored);
        }
    }

    static Incident With(Incident incident, IncidentBody body) => incident with
    {
        Title = body.Title ?? incident.Title,
        Severity = body.Severity ?? incident.Severity,
        State = StateOf(body.Status) ?? incident.State,
        Affected = body.AffectedServices ?? incident.Affected,
        RootCause = body.RootCause ?? incident.RootCause,
        Links = body.Links ?? incident.Links,
    };

    static void Check(IncidentBody body, bool isNew)
    {
        string?[] texts = [body.Title, body.RootCause, .. body.AffectedServices ?? [], .. body.Links ?? []];
        var problem = isNew && string.IsNullOrWhiteSpace(body.Title) ? "title: an incident needs one"
            : body.Severity is not (null or "info" or "warning" or "critical") ? "severity: expected info, warning or critical"
            : body.Status is not null && (isNew || StateOf(body.Status) is null) ? "status: expected investigating, resolved or closed, in a change"
            : body.AffectedServices?.Count > MaxList || body.Links?.Count > MaxList ? $"affected_services and links: at most {MaxList}"
            : texts.Any(text => text?.Length > MaxText) ? $"a text has at most {MaxText} characters"
            : (body.AffectedServices ?? []).Concat(body.Links ?? []).Any(text => text.Contains('\n')) ? "affected_services and links: no line breaks" : null;
        if (problem is not null)
        {
            throw new ProblemException(Invalid with { Detail = $"{problem}." });
        }
    }

    static IncidentState? StateOf(string? name) => name switch
    {
        "open" => IncidentState.Open,
        "investigating" => IncidentState.Investigating,
        "resolved" => IncidentState.Resolved,
        "closed" => IncidentState.Closed,
        _ => null,
    };
}
