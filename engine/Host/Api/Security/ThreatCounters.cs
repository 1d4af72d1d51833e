using System.Globalization;
using CartRecovery.Host.Api.Dashboards;
using CartRecovery.Host.Monitoring;

namespace CartRecovery.Host.Api.Security;

/// <summary>Reads what the engine's counters say of threats.</summary>
static class ThreatCounters
{
    // The kind, its selector, the label with the detail, and the count an hour from which it is a warning.
    static readonly (string Kind, string Metric, string Matcher, string Label, int Many)[] s_counters =
    [
        ("refused_keys", "cartrecovery_access_refused_total", "", "code", 100),
        ("refused_connections", "cartrecovery_connections_refused_total", "", "reason", 100),
        ("limited_requests", "cartrecovery_requests_limited_total", "", "limit", 1000),
        ("foreign_events", "cartrecovery_events_rejected_total", ",code=~\"foreign_store|foreign_cart|unknown_key\"", "code", 100),
        ("event_flood", "cartrecovery_deadletters_sampled_total", "", "code", 1000),
        ("bots", "cartrecovery_bot_carts_total", "", "evidence", 1000),
    ];

    /// <summary>Reads the counts of a period; those of zero are left out.</summary>
    /// <param name="figures">Reads the history of metrics at the period's end.</param>
    /// <param name="length">The period's length.</param>
    /// <exception cref="Engine.Monitoring.Query.PromQlException">The history cannot answer within its bounds.</exception>
    public static IReadOnlyList<ThreatItem> Read(HistoryFigures figures, TimeSpan length)
    {
        List<ThreatItem> found = [];
        foreach (var (kind, metric, matcher, label, many) in s_counters)
        {
            var query = string.Create(CultureInfo.InvariantCulture,
                $"sum by ({label}) (increase({metric}{{job=\"{MetricMonitor.Job}\"{matcher}}}[{(long)length.TotalSeconds}s]))");
            found.AddRange(figures.By(label, query).Select(one => (Detail: one.Key, Count: (long)Math.Round(one.Value))).Where(one => one.Count > 0)
                .Select(one => new ThreatItem(kind, one.Count >= Math.Max(1, many * length.TotalHours) ? "warning" : "info", one.Count, one.Detail)));
        }

        return found;
    }
}
