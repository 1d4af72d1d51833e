using System.Globalization;
using CartRecovery.Engine.Monitoring.Query;
using CartRecovery.Host.Monitoring;

namespace CartRecovery.Host.Api.Status;

/// <summary>
/// The uptime of services and parts by UTC day, from the history of metrics: the share of checks that found them working. A day that is over is
/// computed once. Not thread-safe.
/// </summary>
/// <param name="metrics">The history.</param>
/// <param name="services">The services.</param>
/// <param name="parts">The parts; a * at the end matches several.</param>
sealed class DayUptimes(MetricMonitor metrics, IReadOnlyCollection<string> services, IReadOnlyCollection<string> parts)
{
    // Fewer checks of a day say nothing.
    static readonly TimeSpan s_least = TimeSpan.FromMinutes(1);

    // Between readings after one that failed, so that readers of the page do not occupy the place of other queries.
    static readonly TimeSpan s_pause = TimeSpan.FromMinutes(10);

    readonly Dictionary<DateOnly, DayUptime> _past = [];
    DayUptime? _today;
    DateTimeOffset _retryAt;

    /// <summary>Returns the days, the oldest first. Days that the history could not answer have no figures, and are asked again after ten minutes.</summary>
    /// <param name="days">How many, the last of which is today.</param>
    /// <param name="now">The time.</param>
    public async Task<IReadOnlyList<DayUptime>> ReadAsync(int days, DateTimeOffset now)
    {
        var today = DateOnly.FromDateTime(now.UtcDateTime);
        var first = today.AddDays(1 - days);
        foreach (var old in _past.Keys.Where(day => day < first).ToList())
        {
            _past.Remove(old);
        }

        if (metrics.Engine is { } engine && now >= _retryAt)
        {
            try
            {
                _today = await ComputeAsync(engine, today, now);
                for (var day = today.AddDays(-1); day >= first; day = day.AddDays(-1))
                {
                    if (!_past.ContainsKey(day))
                    {
                        _past[day] = await ComputeAsync(engine, day, now);
                    }
                }
            }
            catch (Exception e) when (e is PromQlException or OperationCanceledException)
            {
                // Too many samples, or too slow.
                _retryAt = now + s_pause;
            }
        }

        return
        [
            .. Enumerable.Range(0, days).Select(i => first.AddDays(i))
                .Select(day => (day == _today?.Day ? _today : _past.GetValueOrDefault(day)) ?? DayUptime.Unknown(day)),
        ];
    }

    Task<DayUptime> ComputeAsync(PromQlEngine engine, DateOnly day, DateTimeOffset now) =>
        metrics.RunAsync(cancellation => Compute(engine, day, now, cancellation), timeout: null, CancellationToken.None);

    DayUptime Compute(PromQlEngine engine, DateOnly day, DateTimeOffset now, CancellationToken cancellation)
    {
        var begin = new DateTimeOffset(day, TimeOnly.MinValue, TimeSpan.Zero);
        var end = begin.AddDays(1) < now ? begin.AddDays(1) : now;
        if (end - begin < s_least)
        {
            return DayUptime.Unknown(day);
        }

        return new DayUptime(day, Ask("service", "cartrecovery_service_checks_total", services), Ask("part", "cartrecovery_health_samples_total", parts));

        Dictionary<string, double> Ask(string label, string metric, IReadOnlyCollection<string> names)
        {
            if (names.Count == 0)
            {
                return [];
            }

            var all = Increase("");
            var failed = Increase(",state=\"unhealthy\"");
            return all.Where(one => one.Value > 0).ToDictionary(one => one.Key, one => 1 - Math.Clamp(failed.GetValueOrDefault(one.Key) / one.Value, 0, 1), StringComparer.Ordinal);

            Dictionary<string, double> Increase(string matcher)
            {
                // Names consist of letters, digits, '-', '_' and '.'.
                var pattern = string.Join('|', names.Select(name => name.Replace(".", "[.]", StringComparison.Ordinal).Replace("*", ".*", StringComparison.Ordinal)));
                var query = string.Create(CultureInfo.InvariantCulture,
                    $"sum by ({label}) (increase({metric}{{job=\"{MetricMonitor.Job}\",{label}=~\"{pattern}\"{matcher}}}[{(long)(end - begin).TotalSeconds}s]))");
                return ((PromVector)engine.Evaluate(PromQuery.Parse(query), end.ToUnixTimeMilliseconds(), cancellation)).Samples
                    .ToDictionary(sample => sample.Labels[label], sample => sample.Value, StringComparer.Ordinal);
            }
        }
    }
}

/// <summary>The uptime of a day, 0–1, by service and by part; those without checks are left out.</summary>
sealed record DayUptime(DateOnly Day, IReadOnlyDictionary<string, double> Services, IReadOnlyDictionary<string, double> Parts)
{
    /// <summary>A day without checks.</summary>
    public static DayUptime Unknown(DateOnly day) => new(day, new Dictionary<string, double>(), new Dictionary<string, double>());
}
