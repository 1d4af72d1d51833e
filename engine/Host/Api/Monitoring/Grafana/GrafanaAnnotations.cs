using CartRecovery.Engine.ControlPlane.Audit;
using CartRecovery.Engine.ControlPlane.Database;
using CartRecovery.Host.Alerting;

namespace CartRecovery.Host.Api.Monitoring.Grafana;

/// <summary>What a graph is to be read beside: alerts, and changes that somebody made. It names no people; the audit log does.</summary>
static class GrafanaAnnotations
{
    const int Max = 1000;

    // Prefixes of audited actions, and the tag of each.
    static readonly (string Actions, string Tag)[] s_changes = [("config.", "configuration"), ("campaign.", "campaign"), ("model.", "model"), ("experiment.", "experiment")];

    /// <summary>Finds what happened in a range, the newest first.</summary>
    /// <exception cref="ControlDatabaseException">The control database does not answer.</exception>
    public static async Task<List<GrafanaAnnotation>> FindAsync(AlertingService alerting, AuditLog audit, long from, long to, CancellationToken cancellationToken)
    {
        var found = Alerts(alerting, to).Where(alert => alert.Time <= to && alert.TimeEnd >= from).ToList();
        foreach (var (actions, tag) in s_changes)
        {
            var filter = new AuditFilter(DateTimeOffset.FromUnixTimeMilliseconds(from), DateTimeOffset.FromUnixTimeMilliseconds(to), Action: actions);
            foreach (var entry in await audit.ListAsync(filter, long.MaxValue, Max, cancellationToken))
            {
                var at = entry.At.ToUnixTimeMilliseconds();
                found.Add(new GrafanaAnnotation(at, at, IsRegion: false, entry.Event.Action, entry.Event.Target, [tag]));
            }
        }

        return [.. found.OrderByDescending(one => one.Time).Take(Max)];
    }

    static IEnumerable<GrafanaAnnotation> Alerts(AlertingService alerting, long now) =>
        alerting.Alerts.Read((log, _, _) => log.History(severity: null, service: null, Max, offset: 0)).Alerts.Select(alert => new GrafanaAnnotation(
            alert.StartedAt, alert.ResolvedAt ?? Math.Max(now, alert.StartedAt), IsRegion: true, alert.Name, alert.Annotations["summary"], ["alert", .. Severity(alert.Labels["severity"])]));

    static string[] Severity(string severity) => severity.Length == 0 ? [] : [severity];
}
