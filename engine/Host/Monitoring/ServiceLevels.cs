using System.Globalization;
using CartRecovery.Engine.Monitoring.Query;
using CartRecovery.Engine.Monitoring.Services;

namespace CartRecovery.Host.Monitoring;

/// <summary>
/// Computes how well services met their targets, from the history of metrics: it survives restarts, and reaches back as far as
/// <c>monitoring.history</c>. Budgets and burn rates as in Google's SRE workbook, chapter 5.
/// </summary>
sealed class ServiceLevels(PromQlEngine engine, IReadOnlyList<MonitoredService> services)
{
    const long Hour = 3_600_000, Minute = 60_000;

    const string Checks = $"cartrecovery_service_checks_total{{job=\"{MetricMonitor.Job}\"}}", Unhealthy = $"cartrecovery_service_checks_total{{job=\"{MetricMonitor.Job}\",state=\"unhealthy\"}}";
    const string Seconds = "cartrecovery_service_seconds";

    /// <summary>The windows of burn rates, in hours.</summary>
    public static IReadOnlyList<int> BurnHours { get; } = [1, 6, 72];

    /// <summary>Computes the figures of each service.</summary>
    /// <param name="from">The period's begin, in milliseconds since the Unix epoch.</param>
    /// <param name="to">The period's end.</param>
    /// <param name="cancellation">Ends it early.</param>
    /// <exception cref="PromQlException">The history cannot answer within its bounds.</exception>
    public IReadOnlyDictionary<string, ServiceFigures> Compute(long from, long to, CancellationToken cancellation)
    {
        var span = Math.Max(to - from, Minute);
        var range = Range(span);
        var checks = Ask($"sum by (service) (increase({Checks}{range}))", to, cancellation);
        var failed = Ask($"sum by (service) (increase({Unhealthy}{range}))", to, cancellation);
        var mean = Ask($"sum by (service) (increase({Series("sum")}{range})) / sum by (service) (increase({Series("count")}{range}))", to, cancellation);
        var (p95, p99) = (Ask(Quantile(0.95, range), to, cancellation), Ask(Quantile(0.99, range), to, cancellation));
        var burnt = BurnHours.Select(hours => Ask($"sum by (service) (increase({Unhealthy}{Range(hours * Hour)})) / sum by (service) (increase({Checks}{Range(hours * Hour)}))", to, cancellation)).ToArray();
        var violations = Violations(from, to, cancellation);
        var found = new Dictionary<string, ServiceFigures>(StringComparer.Ordinal);
        foreach (var (check, _) in services)
        {
            var count = checks.GetValueOrDefault(check.Name);
            double? lost = count > 0 ? Math.Clamp(failed.GetValueOrDefault(check.Name) / count, 0, 1) : null;
            found[check.Name] = new ServiceFigures(count, 1 - lost, Of(mean, check.Name), Of(p95, check.Name), Of(p99, check.Name), violations.GetValueOrDefault(check.Name),
                1 - (lost / (1 - check.Objective)), [.. burnt.Select(one => Of(one, check.Name) / (1 - check.Objective))]);
        }

        return found;
    }

    /// <summary>Computes the figures of the engine's parts, by name; those without samples are left out.</summary>
    /// <param name="from">The period's begin, in milliseconds since the Unix epoch.</param>
    /// <param name="to">The period's end.</param>
    /// <param name="cancellation">Ends it early.</param>
    /// <exception cref="PromQlException">The history cannot answer within its bounds.</exception>
    public IReadOnlyDictionary<string, PartFigures> ComputeParts(long from, long to, CancellationToken cancellation)
    {
        var range = Range(Math.Max(to - from, Minute));
        var (all, healthy, failed) = (Increase(""), Increase(",state=\"healthy\""), Increase(",state=\"unhealthy\""));
        return all.Where(part => part.Value > 0).ToDictionary(part => part.Key, part => new PartFigures(part.Value,
            1 - Math.Clamp(failed.GetValueOrDefault(part.Key) / part.Value, 0, 1), Math.Clamp(healthy.GetValueOrDefault(part.Key) / part.Value, 0, 1)), StringComparer.Ordinal);

        Dictionary<string, double> Increase(string matcher) =>
            Ask("part", $"sum by (part) (increase(cartrecovery_health_samples_total{{job=\"{MetricMonitor.Job}\"{matcher}}}{range}))", to, cancellation);
    }

    // Hours of the period, the last one may be shorter; a service without checks in an hour violates nothing.
    Dictionary<string, int> Violations(long from, long to, CancellationToken cancellation)
    {
        var first = Math.Min(from + Hour, to);
        var lost = Each($"sum by (service) (increase({Unhealthy}[1h])) / sum by (service) (increase({Checks}[1h]))", first, to, cancellation);
        var slow = Each(Quantile(0.95, "[1h]"), first, to, cancellation);
        var violations = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var (check, _) in services)
        {
            var hours = new HashSet<long>();
            hours.UnionWith(lost.GetValueOrDefault(check.Name, []).Where(hour => hour.Value > 1 - check.Objective).Select(hour => hour.Time));
            hours.UnionWith(slow.GetValueOrDefault(check.Name, []).Where(hour => hour.Value > check.Latency.TotalSeconds).Select(hour => hour.Time));
            violations[check.Name] = hours.Count;
        }

        return violations;
    }

    Dictionary<string, double> Ask(string query, long at, CancellationToken cancellation) => Ask("service", query, at, cancellation);

    Dictionary<string, double> Ask(string label, string query, long at, CancellationToken cancellation) =>
        ((PromVector)engine.Evaluate(PromQuery.Parse(query), at, cancellation)).Samples.ToDictionary(sample => sample.Labels[label], sample => sample.Value, StringComparer.Ordinal);

    Dictionary<string, SeriesSample[]> Each(string query, long from, long to, CancellationToken cancellation) =>
        engine.EvaluateRange(PromQuery.Parse(query), from, to, Hour, cancellation).Series.ToDictionary(series => series.Labels["service"], series => series.Samples, StringComparer.Ordinal);

    static double? Of(Dictionary<string, double> values, string service) => values.TryGetValue(service, out var value) && double.IsFinite(value) ? value : null;

    static string Series(string suffix) => $"{Seconds}_{suffix}{{job=\"{MetricMonitor.Job}\"}}";

    static string Quantile(double share, string range) =>
        string.Create(CultureInfo.InvariantCulture, $"histogram_quantile({share}, sum by (service, le) (increase({Series("bucket")}{range})))");

    static string Range(long milliseconds) => string.Create(CultureInfo.InvariantCulture, $"[{milliseconds / 1000}s]");
}
