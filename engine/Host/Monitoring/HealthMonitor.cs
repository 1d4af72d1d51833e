using System.Collections.Concurrent;
using CartRecovery.Engine.Configuration.Monitoring;
using CartRecovery.Engine.Monitoring.Services;
using CartRecovery.Engine.Telemetry;
using CartRecovery.Host.Api.Health;
using Microsoft.Extensions.Logging;

namespace CartRecovery.Host.Monitoring;

/// <summary>
/// Checks the shop's services, and samples the health of the engine's parts every minute. The results are metrics, so that the history of
/// metrics keeps them over restarts, and alert rules, dashboards and reports query them.
/// </summary>
sealed partial class HealthMonitor : IAsyncDisposable
{
    /// <summary>The part that is the data folder's disk.</summary>
    public const string Disk = "disk";

    /// <summary>Maximum number of parts; further ones are not sampled.</summary>
    public const int MaxParts = 256;

    // Free space that the journal and the databases need for some time.
    const long MinFree = 512L << 20;

    static readonly TimeSpan s_interval = TimeSpan.FromMinutes(1);
    static readonly double[] s_bounds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

    static readonly (ServiceLevel Level, string Name)[] s_levels =
        [(ServiceLevel.Healthy, "healthy"), (ServiceLevel.Degraded, "degraded"), (ServiceLevel.Unhealthy, "unhealthy")];

    readonly ConcurrentDictionary<string, ServiceRecord> _parts = new(StringComparer.Ordinal);
    readonly string _folder;
    readonly TimeProvider _time;
    readonly ILogger _log;
    readonly ITimer _timer;
    HealthReport? _report;
    Task _sampling = Task.CompletedTask;
    volatile bool _isStopped;

    /// <summary>Prepares the checks without running them.</summary>
    /// <param name="config">A valid configuration.</param>
    /// <param name="folder">The data folder.</param>
    /// <param name="time">The clock.</param>
    /// <param name="log">Receives changes of levels.</param>
    public HealthMonitor(MonitoringConfig config, string folder, TimeProvider time, ILogger log)
    {
        (_folder, _time, _log, StartedAt) = (folder, time, log, time.GetUtcNow());
        Services = new ServiceMonitor(config.Services.Select(service => ServiceCheck.Of(service.Key, service.Value)), time);
        _timer = time.CreateTimer(_ => _sampling = SampleAsync(), state: null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>When the engine was created.</summary>
    public DateTimeOffset StartedAt { get; }

    /// <summary>The shop's services.</summary>
    public ServiceMonitor Services { get; }

    /// <summary>The engine's parts, by name, from the first minute on.</summary>
    public IReadOnlyDictionary<string, ServiceRecord> Parts => _parts;

    /// <summary>The name of a level: healthy, degraded, unhealthy or unknown.</summary>
    public static string NameOf(ServiceLevel? level) => level switch
    {
        ServiceLevel.Healthy => "healthy",
        ServiceLevel.Degraded => "degraded",
        ServiceLevel.Unhealthy => "unhealthy",
        _ => "unknown",
    };

    /// <summary>Returns the level of a part's status in <c>/health</c>.</summary>
    public static ServiceLevel LevelOf(string status) => status switch
    {
        "ok" => ServiceLevel.Healthy,
        "down" => ServiceLevel.Unhealthy,
        _ => ServiceLevel.Degraded,
    };

    /// <summary>Declares the metrics.</summary>
    public void Declare(MetricRegistry registry)
    {
        var seconds = registry.Histogram("cartrecovery_service_seconds", "Response times of checks of the shop's services that found them working, in seconds", s_bounds, "service");
        Services.OnResult = (service, result, isChange) =>
        {
            if (result.Level != ServiceLevel.Unhealthy)
            {
                seconds.WithLabels(service.Check.Name).Observe(result.Took.TotalSeconds);
            }

            if (isChange)
            {
                LogService(result.Level == ServiceLevel.Healthy ? LogLevel.Information : LogLevel.Warning, service.Check.Name, NameOf(result.Level), result.Detail);
            }
        };
        var services = Services.Services;
        registry.Gauge("cartrecovery_service_up", "1 if the last check found the shop's service working, degraded or not; 0 if not", ["service"],
            () => services.Where(one => one.Record.Last is not null).Select(one => new Sample(one.Record.Last!.Level == ServiceLevel.Unhealthy ? 0 : 1, one.Check.Name)));
        registry.Counter("cartrecovery_service_checks_total", "Checks of the shop's services, by what they found: healthy, degraded or unhealthy", ["state", "service"],
            () => services.SelectMany(one => s_levels.Select(level => new Sample(one.Record.CountOf(level.Level), level.Name, one.Check.Name))));
        registry.Gauge("cartrecovery_service_certificate_expiry_timestamp_seconds", "When the certificate of the shop's service expires, in seconds since 1970", ["service"],
            () => services.Where(one => one.Record.Last?.CertificateUntil is not null)
                .Select(one => new Sample(one.Record.Last!.CertificateUntil!.Value.ToUnixTimeSeconds(), one.Check.Name)));
        registry.Gauge("cartrecovery_service_uptime_target_ratio", "The target for the uptime of the shop's service (monitoring.services), 0-1", ["service"],
            () => services.Select(one => new Sample(one.Check.Objective, one.Check.Name)));
        registry.Gauge("cartrecovery_service_latency_target_seconds", "The target for the 95th percentile of the response times of the shop's service, in seconds", ["service"],
            () => services.Select(one => new Sample(one.Check.Latency.TotalSeconds, one.Check.Name)));
        registry.Counter("cartrecovery_health_samples_total", "Samples of the engine's parts, one a minute, by what /health showed: healthy, degraded or unhealthy", ["state", "part"],
            () => _parts.SelectMany(part => s_levels.Select(level => new Sample(part.Value.CountOf(level.Level), level.Name, part.Key))));
        registry.Gauge("cartrecovery_health_level", "The engine's parts as /health showed them in the last minute: 0 healthy, 1 degraded, 2 unhealthy", ["part"],
            () => _parts.Select(part => new Sample((int)(part.Value.Last?.Level ?? ServiceLevel.Healthy) - (int)ServiceLevel.Healthy, part.Key)));
    }

    /// <summary>Starts to check and to sample.</summary>
    /// <param name="report">Creates the engine's health.</param>
    public void Start(HealthReport report)
    {
        _report = report;
        Services.Start();
        _timer.Change(s_interval, s_interval);
    }

    /// <summary>Samples the parts once.</summary>
    internal async Task SampleAsync()
    {
        if (_isStopped || _report is null)
        {
            return;
        }

        try
        {
            var began = _time.GetTimestamp();
            var (response, _) = await _report.MakeAsync(CancellationToken.None);
            var (now, took) = (_time.GetUtcNow(), _time.GetElapsedTime(began));
            foreach (var (name, part) in response.Parts!)
            {
                Add(name, new ServiceResult(now, LevelOf(part.Status), took, part.Detail ?? ""));
            }

            // A sink that a reload removed is no part any more.
            foreach (var gone in _parts.Keys.Where(name => name != Disk && !response.Parts.ContainsKey(name)))
            {
                _parts.TryRemove(gone, out var _);
            }

            Add(Disk, DiskResult(now));
        }
#pragma warning disable CA1031 // A timer's exception would end the process. The next sample tries again.
        catch (Exception e)
#pragma warning restore CA1031
        {
            LogNotSampled(e.Message);
        }
    }

    /// <summary>Measures the free space where the data folder is.</summary>
    public ServiceResult DiskResult(DateTimeOffset now)
    {
        try
        {
            var free = new DriveInfo(Path.GetFullPath(_folder)).AvailableFreeSpace;
            return new ServiceResult(now, free < MinFree ? ServiceLevel.Degraded : ServiceLevel.Healthy, TimeSpan.Zero, $"{free >> 20} MB free");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return new ServiceResult(now, ServiceLevel.Unhealthy, TimeSpan.Zero, e.Message);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_isStopped)
        {
            return;
        }

        _isStopped = true;
        await _timer.DisposeAsync();
        await _sampling;
        await Services.DisposeAsync();
    }

    void Add(string name, ServiceResult result)
    {
        if (!_parts.TryGetValue(name, out var record))
        {
            if (_parts.Count >= MaxParts)
            {
                return;
            }

            record = _parts.GetOrAdd(name, key => new ServiceRecord(key));
        }

        record.Add(result);
    }

    [LoggerMessage(EventName = "service_changed", Message = "The service {Service} is {State}: {Detail}")]
    partial void LogService(LogLevel level, string service, string state, string detail);

    [LoggerMessage(EventName = "health_not_sampled", Level = LogLevel.Warning, Message = "The health of the engine's parts was not sampled, and is in a minute: {Problem}")]
    partial void LogNotSampled(string problem);
}
