using System.ComponentModel;
using System.Net;
using CartRecovery.Engine.Monitoring.Alerts;
using CartRecovery.Host.Alerting;
using CartRecovery.Host.Api.Documentation;
using CartRecovery.Host.Api.Problems;
using CartRecovery.Host.Api.Tracking;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace CartRecovery.Host.Api.Alerts;

/// <summary>The pages that links in escalations lead to.</summary>
static class AcknowledgeRoutes
{
    const string Who = "link";

    public static void Map(IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/alerts/acknowledge").WithTags(ApiTags.Alerts).AllowAnonymous();
        group.MapGet("/{token}", AskAsync).QueryAndOthers().Media("text/html")
            .Describe("askAcknowledge", "Ask whether to acknowledge", "Returns a page with a button. Changes nothing, so that link scanners acknowledge nothing.")
            .Problems(AlertProblems.NotFound);
        group.MapPost("/{token}", AcknowledgeAsync).QueryAndOthers().Media("text/html")
            .Describe("acknowledgeByLink", "Acknowledge by a link", "Called by the page's button. The body is ignored.").Problems(AlertProblems.NotFound, AlertProblems.NotStored);
    }

    static Task AskAsync(HttpContext context, [Description("The link's token.")] string token, AlertingService alerting)
    {
        var alert = Find(token, alerting);
        var name = WebUtility.HtmlEncode(alert.Annotations["summary"] is { Length: > 0 } summary ? summary : alert.Name);
        return alert.ResolvedAt is not null ? TrackingPages.WriteAsync(context, "Resolved", $"<p>{name}</p><p>The alert does not fire any more.</p>")
            : alert.AcknowledgedBy is { } who ? TrackingPages.WriteAsync(context, "Acknowledged", $"<p>{name}</p><p>Acknowledged by {WebUtility.HtmlEncode(who)}.</p>")
            : TrackingPages.WriteAsync(context, "Acknowledge this alert?", $"<p>{name}</p><form method=\"post\"><button>Acknowledge</button></form>");
    }

    static Task AcknowledgeAsync(HttpContext context, [Description("The link's token.")] string token, AlertingService alerting)
    {
        var alert = Find(token, alerting);
        try
        {
            return alerting.Alerts.Acknowledge(alert.Id, Who, null) is null ? TrackingPages.WriteAsync(context, "Resolved", "<p>The alert does not fire any more.</p>")
                : TrackingPages.WriteAsync(context, "Acknowledged", "<p>Nobody else is told, and the alert is not repeated.</p>");
        }
        catch (IOException)
        {
            throw new ProblemException(AlertProblems.NotStored);
        }
    }

    static AlertOccurrence Find(string token, AlertingService alerting) =>
        (alerting.Links.Read(token) is { } id ? alerting.Alerts.Read((log, _, _) => log.Find(id)) : null) ?? throw new ProblemException(AlertProblems.NotFound);
}
