using System.ComponentModel;
using System.Globalization;
using CartRecovery.Engine.ControlPlane.Users;
using CartRecovery.Engine.Monitoring.Alerts;
using CartRecovery.Engine.Monitoring.Rules;
using CartRecovery.Host.Alerting;
using CartRecovery.Host.Api.Access;
using CartRecovery.Host.Api.Audit;
using CartRecovery.Host.Api.Documentation;
using CartRecovery.Host.Api.Problems;
using CartRecovery.Host.Api.Requests;
using CartRecovery.Host.Api.Responses;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace CartRecovery.Host.Api.Alerts;

/// <summary>Routes of <c>/api/v1/monitoring/alerts</c> and <c>/v1/alerts</c>: alerts that fire and did, and what people do about them.</summary>
static class AlertsRoutes
{
    const int MaxName = 256, MaxNote = 4096, MaxList = 1000;

    static readonly QueryParameter<int> s_offset = new("offset", "How many alerts to skip.", "a number from 0",
        (text, _) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null)
    {
        Type = "integer",
        Default = "0",
        Range = (0, int.MaxValue),
    };

    static readonly QueryParameter<string> s_severity = new("severity", "Only alerts of this severity.", "a text of at most 256 characters", Short);
    static readonly QueryParameter<string> s_service = new("service", "Only alerts of this service.", "a text of at most 256 characters", Short);

    public static void Map(IEndpointRouteBuilder routes)
    {
        var (reads, writes) = (new RequiredPermission(Permission.AlertsRead), new RequiredPermission(Permission.AlertsWrite));
        var group = routes.MapGroup("/api/v1/monitoring/alerts").WithTags(ApiTags.Alerts).RequireAuthorization(AccessPolicies.User);
        group.MapGet("", List).WithMetadata(reads)
            .Describe("listActiveAlerts", "List alerts that fire", "Alerts that fire, the newest first, at most 1,000; /v1/alerts has pages.").Query(s_severity, s_service);
        group.MapGet("/history", History).WithMetadata(reads)
            .Describe("listAlertHistory", "List past and present alerts", "The newest first; the last 90 days are kept.").Query(QueryParameters.Limit, s_offset, s_severity, s_service);
        group.MapGet("/{id}", Get).WithMetadata(reads)
            .Describe("getAlert", "Get an alert", "An alert with what happened to it.").Problems(AlertProblems.NotFound);
        group.MapPost("/{id}/acknowledge", Acknowledge).WithMetadata(writes, new AuditedChange("alert.acknowledge", "id"))
            .Describe("acknowledgeAlert", "Acknowledge an alert", "Says that somebody takes care of it: its notices are not repeated. Lasts until the alert resolves. The first one to acknowledge is named.")
            .Produces<AlertItem>().Problems(ApiProblems.InvalidJson, AlertProblems.InvalidText, AlertProblems.NotFound, AlertProblems.NotFiring, AlertProblems.NotStored);
        group.MapPost("/{id}/resolve", Resolve).WithMetadata(writes, new AuditedChange("alert.resolve", "id"))
            .Describe("resolveAlert", "Resolve an alert", "Its end is sent. While its rule still holds, the alert stays quiet; it fires anew once the rule has not held in between.")
            .Produces<AlertItem>().Problems(ApiProblems.InvalidJson, AlertProblems.InvalidText, AlertProblems.NotFound, AlertProblems.NotFiring, AlertProblems.NotStored);
        routes.MapGet("/v1/alerts", Page).WithTags(ApiTags.Alerts).RequireAuthorization(AccessPolicies.User).WithMetadata(reads)
            .Describe("listAlerts", "List alerts that fire", "A page of the alerts that fire, the newest first.").Query(QueryParameters.Limit, QueryParameters.Cursor, s_severity, s_service);
    }

    static Ok<IReadOnlyList<AlertItem>> List(RequestQuery query, AlertingService alerting) => TypedResults.Ok<IReadOnlyList<AlertItem>>([.. Active(query, alerting).Take(MaxList)]);

    static Ok<ItemPage<AlertItem>> Page(HttpContext context, RequestQuery query, AlertingService alerting) => TypedResults.Ok(Cursors.Page(context, query, Active(query, alerting)));

    static Ok<AlertHistoryPage> History(RequestQuery query, AlertingService alerting)
    {
        var (limit, offset) = (query.Of(QueryParameters.Limit, QueryParameters.DefaultPageSize), query.Of(s_offset, 0));
        var (alerts, total) = alerting.Alerts.Read((log, _, _) => log.History(query.Of(s_severity), query.Of(s_service), limit, offset));
        var thresholds = Thresholds(alerting);
        return TypedResults.Ok(new AlertHistoryPage([.. alerts.Select(alert => ItemOf(alert, thresholds))], total, limit, offset));
    }

    static Ok<AlertItem> Get([Description("The alert.")] string id, AlertingService alerting)
    {
        var (alert, steps) = alerting.Alerts.Read((log, _, _) => log.Find(id) is { } found ? (found, log.Transitions(found)) : default);
        return alert is null ? throw new ProblemException(AlertProblems.NotFound)
            : TypedResults.Ok(ItemOf(alert, Thresholds(alerting)) with
            {
                Transitions = [.. steps.Select(step => new AlertTransitionItem(AlertIds.Time(step.At), NameOf(step.Change), step.Who, step.Note))],
            });
    }

    static Ok<AlertItem> Acknowledge(HttpContext context, [Description("The alert.")] string id, AcknowledgementBody body, AlertingService alerting)
    {
        Check(body.AcknowledgedBy, MaxName);
        Check(body.Note, MaxNote);
        var who = string.IsNullOrWhiteSpace(body.AcknowledgedBy) ? UserIdentity.Of(context).ActorName : body.AcknowledgedBy;
        return Changed(id, alerting, () => alerting.Alerts.Acknowledge(id, who, body.Note));
    }

    static Ok<AlertItem> Resolve(HttpContext context, [Description("The alert.")] string id, ResolutionBody body, AlertingService alerting)
    {
        Check(body.ResolutionNote, MaxNote);
        return Changed(id, alerting, () => alerting.Alerts.Resolve(id, UserIdentity.Of(context).ActorName, body.ResolutionNote));
    }

    static Ok<AlertItem> Changed(string id, AlertingService alerting, Func<AlertOccurrence?> change)
    {
        try
        {
            return change() is { } alert ? TypedResults.Ok(ItemOf(alert, Thresholds(alerting)))
                : throw new ProblemException(alerting.Alerts.Read((log, _, _) => log.Find(id)) is null ? AlertProblems.NotFound : AlertProblems.NotFiring);
        }
        catch (IOException)
        {
            throw new ProblemException(AlertProblems.NotStored);
        }
    }

    static IReadOnlyList<AlertItem> Active(RequestQuery query, AlertingService alerting)
    {
        var (severity, service) = (query.Of(s_severity), query.Of(s_service));
        var active = alerting.Alerts.Read((log, _, _) => log.Active.ToArray());
        var thresholds = Thresholds(alerting);
        return [.. active.Where(alert => (severity is null || alert.Labels["severity"] == severity) && (service is null || alert.Labels["service"] == service))
            .OrderByDescending(alert => alert.Number).Select(alert => ItemOf(alert, thresholds))];
    }

    static AlertItem ItemOf(AlertOccurrence alert, Dictionary<string, double?> thresholds) => AlertItem.Of(alert, thresholds.GetValueOrDefault(alert.Rule));

    // By the rules in force, so those of a past alert may differ.
    static Dictionary<string, double?> Thresholds(AlertingService alerting)
    {
        Dictionary<string, double?> thresholds = new(StringComparer.Ordinal);
        foreach (var group in alerting.Rules.Groups)
        {
            foreach (var rule in group.Rules.Select(status => status.Rule).OfType<AlertRule>())
            {
                thresholds[$"{group.Group.Key};{rule.Name}"] = AlertRuleItem.ComparisonOf(rule).Threshold;
            }
        }

        return thresholds;
    }

    static void Check(string? text, int max)
    {
        if (text?.Length > max)
        {
            throw new ProblemException(AlertProblems.InvalidText);
        }
    }

    static string? Short(string text, long now) => text.Length is > 0 and <= MaxName ? text : null;

    static string NameOf(AlertChange change) => change switch
    {
        AlertChange.Fired => "fired",
        AlertChange.Acknowledged => "acknowledged",
        AlertChange.Resolved => "resolved",
        AlertChange.ResolvedByHand => "resolved_by_hand",
        AlertChange.Reopened => "reopened",
        _ => "expired",
    };
}
