using System.Globalization;
using CartRecovery.Engine.ControlPlane.Audit;
using CartRecovery.Engine.ControlPlane.Users;
using CartRecovery.Host.Alerting;
using CartRecovery.Host.Api.Access;
using CartRecovery.Host.Api.Alerts;
using CartRecovery.Host.Api.Audit;
using CartRecovery.Host.Api.Auth;
using CartRecovery.Host.Api.Dashboards;
using CartRecovery.Host.Api.Documentation;
using CartRecovery.Host.Api.Incidents;
using CartRecovery.Host.Api.Problems;
using CartRecovery.Host.Api.Requests;
using CartRecovery.Host.Api.Responses;
using CartRecovery.Host.Monitoring;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace CartRecovery.Host.Api.Security;

/// <summary>Routes of <c>/v1/security</c>: refused attempts, who had access, and reports of people.</summary>
static class SecurityRoutes
{
    // Failed sign-ins from one address in an hour from which they are a warning.
    const int Many = 10;

    const int MaxAddresses = 1000;

    static readonly TimeSpan s_longest = TimeSpan.FromDays(30);

    public static void Map(IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/v1/security").WithTags(ApiTags.Audit).RequireAuthorization(AccessPolicies.User);
        group.MapGet("/threats", ThreatsAsync).WithMetadata(new RequiredPermission(Permission.AuditRead))
            .Describe("listThreats", "List threats", "Refused sign-ins, keys, connections and events, exceeded limits and bots; of the last hour unless `from` says otherwise, the most severe first. At most 30 days.")
            .Query(QueryParameters.From, QueryParameters.To, QueryParameters.Limit, QueryParameters.Cursor).Problems(ControlProblems.Unavailable, DashboardRoutes.NotComputed);
        group.MapGet("/access", (HttpContext context, RequestQuery query, AuditLog log) => AuditRoutes.PageAsync(context, query, log, new AuditFilter(IsAccess: true)))
            .WithMetadata(new RequiredPermission(Permission.AuditRead))
            .Describe("listAccess", "List accesses", "Entries of the audit log about sign-ins, refusals, and reads of personal data, the newest first.")
            .Query(QueryParameters.From, QueryParameters.To, QueryParameters.Limit, QueryParameters.Cursor)
            .Produces<ItemPage<AuditRow>>().Problems(ControlProblems.Unavailable);
        group.MapPost("/incident", Report).WithMetadata(new RequiredPermission(Permission.AlertsWrite), new AuditedChange("security.incident"))
            .Describe("reportSecurityIncident", "Report a security incident", "Creates an incident of the part `security`, unless the report names others.")
            .Produces<IncidentItem>(StatusCodes.Status201Created).Problems(ApiProblems.InvalidJson, IncidentRoutes.Invalid, AlertProblems.NotStored);
    }

    static async Task<Ok<ItemPage<ThreatItem>>> ThreatsAsync(HttpContext context, RequestQuery query, AuditLog log, MetricMonitor metrics, TimeProvider time)
    {
        var to = query.Of(QueryParameters.To, time.GetUtcNow().ToUnixTimeMilliseconds());
        var length = TimeSpan.FromMilliseconds(to - query.Of(QueryParameters.From, to - 3_600_000));
        if (length < TimeSpan.FromMinutes(1) || length > s_longest)
        {
            throw new ProblemException(ApiProblems.OutOfRange with { Detail = "from: expected a time from a minute to 30 days before to." });
        }

        var end = DateTimeOffset.FromUnixTimeMilliseconds(to);
        var attempts = await log.RefusalsAsync(end - length, end, MaxAddresses, context.RequestAborted);
        IReadOnlyList<ThreatItem> counted = metrics.Engine is null ? [] : await DashboardRoutes.ReadAsync(context, metrics, to, figures => ThreatCounters.Read(figures, length));
        IEnumerable<ThreatItem> all = [.. attempts.Select(one => Of(one, length)), .. counted];
        return TypedResults.Ok(Cursors.Page(context, query,
            [.. all.OrderBy(item => item.Severity switch { "critical" => 0, "warning" => 1, _ => 2 }).ThenByDescending(item => item.Count).ThenBy(item => item.Kind, StringComparer.Ordinal)]));
    }

    static Created<IncidentItem> Report(HttpContext context, IncidentReport body, AlertingService alerting)
    {
        var created = IncidentRoutes.Report(context, body.AffectedServices is null or [] ? body with { AffectedServices = ["security"] } : body, alerting);
        AuditTarget.Set(context, string.Create(CultureInfo.InvariantCulture, $"incident:{created.Id}"));
        return TypedResults.Created((string?)null, IncidentItem.Of(created));
    }

    static ThreatItem Of(AccessRefusals attempts, TimeSpan length)
    {
        var severity = attempts.Count >= Math.Max(1, Many * length.TotalHours) ? "warning" : "info";
        var (kind, grade) = attempts.Action switch
        {
            "session.reuse" => ("session_reuse", "critical"),
            "user.login_throttled" => ("throttled_sign_ins", "warning"),
            "user.login_refused" => ("failed_sign_ins", severity),
            _ => ("denied_users", severity),
        };
        return new ThreatItem(kind, grade, attempts.Count, null, attempts.Address, attempts.First, attempts.Last);
    }
}
