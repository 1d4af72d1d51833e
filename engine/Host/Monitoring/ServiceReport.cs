using System.Globalization;
using System.Text;
using CartRecovery.Engine.Monitoring.Services;

namespace CartRecovery.Host.Monitoring;

/// <summary>Writes how well services met their targets as text.</summary>
static class ServiceReport
{
    /// <summary>Writes a line or two for each service.</summary>
    /// <param name="services">The services.</param>
    /// <param name="figures">Their figures, by name.</param>
    /// <param name="parts">The figures of the engine's parts, by name.</param>
    /// <param name="from">The first day (UTC).</param>
    /// <param name="to">The day after the last one (UTC).</param>
    public static string Write(IReadOnlyList<MonitoredService> services, IReadOnlyDictionary<string, ServiceFigures> figures, IReadOnlyDictionary<string, PartFigures> parts,
        DateTimeOffset from, DateTimeOffset to)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"Uptime and response times, {from:yyyy-MM-dd} until {to:yyyy-MM-dd} (UTC)\n\n");
        foreach (var (check, _) in services)
        {
            var one = figures[check.Name];
            if (one.Uptime is not { } uptime)
            {
                text.Append(CultureInfo.InvariantCulture, $"{check.Name}: no checks\n");
                continue;
            }

            var isMissed = uptime < check.Objective || one.P95 > check.Latency.TotalSeconds;
            text.Append(CultureInfo.InvariantCulture, $"{check.Name}: {(isMissed ? "TARGET MISSED" : "targets met")}, uptime {100 * uptime:0.####}% (target {100 * check.Objective:0.####}%)");
            text.Append(CultureInfo.InvariantCulture, $", {one.Violations} hours outside the targets, {100 * one.BudgetLeft:0.#}% of the error budget left\n");
            text.Append(CultureInfo.InvariantCulture, $"  mean {Milliseconds(one.Mean)}, p95 {Milliseconds(one.P95)} (target {check.Latency.TotalMilliseconds:0} ms), p99 {Milliseconds(one.P99)}, {one.Checks:#,##0} checks\n");
        }

        // Parts that were always healthy need no line each.
        var impaired = parts.Where(part => part.Value.Healthy < 1).OrderBy(part => part.Value.Uptime).ThenBy(part => part.Value.Healthy).ThenBy(part => part.Key, StringComparer.Ordinal).ToList();
        text.Append(CultureInfo.InvariantCulture, $"\nThe engine's parts: {(parts.Count == 0 ? "no samples" : $"{parts.Count - impaired.Count} of {parts.Count} always healthy")}\n");
        foreach (var (name, part) in impaired)
        {
            text.Append(CultureInfo.InvariantCulture, $"{name}: uptime {100 * part.Uptime:0.####}%, healthy {100 * part.Healthy:0.####}%\n");
        }

        text.Append(CultureInfo.InvariantCulture, $"\nThe same figures: /api/v1/monitoring/dashboard/sla with start_date={from:yyyy-MM-dd}&end_date={to:yyyy-MM-dd}");
        return text.ToString();
    }

    static string Milliseconds(double? seconds) => seconds is { } value ? string.Create(CultureInfo.InvariantCulture, $"{1000 * value:0} ms") : "unknown";
}
