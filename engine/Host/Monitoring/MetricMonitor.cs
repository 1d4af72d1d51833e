using System.Text;
using CartRecovery.Engine.Configuration.Monitoring;
using CartRecovery.Engine.Monitoring.Collection;
using CartRecovery.Engine.Monitoring.History;
using CartRecovery.Engine.Monitoring.Query;
using CartRecovery.Engine.Telemetry;
using Microsoft.Extensions.Logging;

namespace CartRecovery.Host.Monitoring;

/// <summary>
/// Owns the history of metrics: collects the engine's own at every interval, persists it every 30 seconds, and answers queries. What fails
/// is logged once, shown in health, and tried again at the next interval; nothing waits for it.
/// </summary>
sealed partial class MetricMonitor : IDisposable
{
    /// <summary>The job label of the engine's own metrics.</summary>
    public const string Job = "cartrecovery";

    /// <summary>The name of the history's file in the data folder.</summary>
    public const string FileName = "metrics.db";

    /// <summary>Memory of the history per series, in bytes: labels, two hours of samples, and the index.</summary>
    public const int BytesPerSeries = 4096;

    const int MaxOwnSamples = 50_000;

    static readonly TimeSpan s_flush = TimeSpan.FromSeconds(30), s_pushExpires = TimeSpan.FromHours(1);

    static readonly IReadOnlyDictionary<AppendResult, long> s_none =
        Enum.GetValues<AppendResult>().Where(result => result is not (AppendResult.Appended or AppendResult.Duplicate)).ToDictionary(result => result, _ => 0L);

    readonly TimeProvider _time;
    readonly ILogger _log;
    readonly MonitoringConfig _config;
    readonly Scrape? _own;
    readonly MetricPuller? _puller;
    readonly ITimer? _timer;
    readonly SemaphoreSlim _collecting = new(1);
    readonly SemaphoreSlim _queries;
    char[] _text = new char[1 << 16];
    DateTimeOffset _flushedAt;
    double _seconds;
    long _failures;
    MetricRegistry? _registry;
    string? _logged;
    volatile string? _problem;
    volatile bool _isStopped;

    /// <summary>Opens the history. An unusable file does not keep the engine from starting.</summary>
    public MetricMonitor(MonitoringConfig config, string folder, TimeProvider time, ILogger log)
    {
        (_time, _log, _config) = (time, log, config);
        _queries = new SemaphoreSlim(config.Query.Concurrency);
        if (!config.Enabled)
        {
            return;
        }

        try
        {
            History = MetricHistory.Open(Path.Combine(folder, FileName), OptionsOf(config), time);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            _problem = $"the history of metrics cannot be opened: {e.Message}";
            LogProblem(_problem);
            return;
        }

        Engine = new PromQlEngine(History, new PromQlOptions { MaxPoints = 11_001, MaxSamples = config.Query.MaxSamples, Timeout = config.Query.Timeout.Value }, time);
        _puller = new MetricPuller(config, History, time);
        Pushed = new PushedMetrics(History, config.History.MaxSeries, s_pushExpires);
        Deltas = new DeltaTotals(History, config.History.MaxSeries, s_pushExpires);
        _own = new Scrape(History, [new("job", Job), new("instance", config.Instance ?? Environment.MachineName)], MaxOwnSamples, SeriesOwner.Engine);
        _timer = time.CreateTimer(_ => _ = CollectAsync(), state: null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>The history; <see langword="null"/> if it is not enabled or cannot be opened.</summary>
    public MetricHistory? History { get; }

    /// <summary>Evaluates queries on the history.</summary>
    public PromQlEngine? Engine { get; }

    /// <summary>Metrics that other programs push.</summary>
    public PushedMetrics? Pushed { get; }

    /// <summary>Totals of deltas that other programs send.</summary>
    public DeltaTotals? Deltas { get; }

    /// <summary>Whether the configuration wants a history.</summary>
    public bool IsEnabled => _config.Enabled;

    /// <summary>What is wrong; <see langword="null"/> if nothing.</summary>
    public string? Problem => _problem ?? History?.Statistics.Problem;

    /// <summary>The state, in a few words.</summary>
    public string State => History?.Statistics is { } figures ? $"{figures.Series:N0} series, {figures.Bytes >> 10:N0} KB" : "not enabled";

    /// <summary>Declares the history's own metrics, and collects those of the registry once started. The registry's metrics may need the history.</summary>
    public void Attach(MetricRegistry registry)
    {
        _registry = registry;
        Declare(registry);
    }

    /// <summary>Starts to collect.</summary>
    public void Start()
    {
        Schedule();
        _puller?.Start();
    }

    /// <summary>Waits for a place among the queries that run at once, and runs one on a thread of the pool.</summary>
    /// <exception cref="OperationCanceledException">The caller gave up, or no place was free in time.</exception>
    public async Task<T> RunAsync<T>(Func<CancellationToken, T> query, TimeSpan? timeout, CancellationToken cancellationToken)
    {
        var limit = _config.Query.Timeout.Value;
        using var cut = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        cut.CancelAfter(timeout < limit ? timeout.Value : limit);
        await _queries.WaitAsync(cut.Token);
        try
        {
            return await Task.Run(() => query(cut.Token), cut.Token);
        }
        finally
        {
            _queries.Release();
        }
    }

    /// <summary>Collects once, and persists if that is due.</summary>
    internal async Task CollectAsync()
    {
        // A collection that takes longer than the interval skips the next.
        if (_isStopped || !await _collecting.WaitAsync(0))
        {
            return;
        }

        try
        {
            var now = _time.GetUtcNow();
            var began = _time.GetTimestamp();
            var interval = (long)_config.Interval.Value.TotalMilliseconds;
            using var text = new MemoryStream(1 << 17);
            await _registry!.WriteAsync(text);
            Take(text.GetBuffer().AsSpan(0, (int)text.Length), now.ToUnixTimeMilliseconds() / interval * interval, _time.GetElapsedTime(began).TotalSeconds);
            Pushed!.Collect(now.ToUnixTimeMilliseconds() / interval * interval);
            if (now - _flushedAt >= s_flush)
            {
                History!.Flush();
                _flushedAt = now;
            }

            _seconds = _time.GetElapsedTime(began).TotalSeconds;
            (_problem, _logged) = (null, null);
        }
#pragma warning disable CA1031 // A timer's exception would end the process. The next collection tries again.
        catch (Exception e)
#pragma warning restore CA1031
        {
            Interlocked.Increment(ref _failures);
            _problem = $"metrics are not collected: {e.Message}";
            if (_logged != e.Message && !_isStopped)
            {
                _logged = e.Message;
                LogProblem(_problem);
            }
        }
        finally
        {
            _collecting.Release();
            Schedule();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_isStopped)
        {
            return;
        }

        _isStopped = true;
        _timer?.Dispose();
        _puller?.Dispose();
        _collecting.Wait(TimeSpan.FromSeconds(5));
        History?.Dispose();
    }

    void Take(ReadOnlySpan<byte> text, long time, double seconds)
    {
        if (_text.Length < text.Length)
        {
            _text = new char[text.Length * 2];
        }

        _own!.Take(_text.AsSpan(0, Encoding.UTF8.GetChars(text, _text)), time, seconds);
    }

    // On the multiples of the interval, so that samples are evenly spaced and those of several engines are of the same times.
    void Schedule()
    {
        if (_timer is null || _isStopped)
        {
            return;
        }

        var interval = (long)_config.Interval.Value.TotalMilliseconds;
        var next = interval - (_time.GetUtcNow().ToUnixTimeMilliseconds() % interval);
        try
        {
            _timer.Change(TimeSpan.FromMilliseconds(next), Timeout.InfiniteTimeSpan);
        }
        catch (ObjectDisposedException)
        {
            // Stopped meanwhile.
        }
    }

    void Declare(MetricRegistry registry)
    {
        registry.Gauge("cartrecovery_monitoring_series", "Series in the history of metrics", () => History?.Statistics.Series ?? 0);
        registry.Counter("cartrecovery_monitoring_samples_total", "Samples taken into the history of metrics", () => History?.Statistics.Appended ?? 0);
        registry.Counter("cartrecovery_monitoring_samples_refused_total", "Samples that the history of metrics did not take, by reason", ["reason"],
            () => (History?.Statistics.Refused ?? s_none).Select(refused => new Sample(refused.Value, NameOf(refused.Key))));
        registry.Gauge("cartrecovery_monitoring_bytes", "Disk space of the history of metrics, in bytes", () => History?.Statistics.Bytes ?? 0);
        registry.Counter("cartrecovery_monitoring_damaged_total", "Damaged chunks of the history of metrics that queries met", () => History?.Statistics.Damaged ?? 0);
        registry.Counter("cartrecovery_monitoring_samples_unlogged_total", "Samples that a restart would lose because the disk failed",
            () => History?.Statistics.Unlogged ?? 0);
        registry.Gauge("cartrecovery_monitoring_collection_seconds", "Duration of the last collection of metrics, in seconds", () => _seconds);
        registry.Counter("cartrecovery_monitoring_collections_failed_total", "Collections of metrics that failed", () => Interlocked.Read(ref _failures));
    }

    static string NameOf(AppendResult result) => result switch
    {
        AppendResult.OutOfOrder => "out_of_order",
        AppendResult.TooOld => "too_old",
        AppendResult.TooNew => "too_new",
        AppendResult.SeriesLimit => "series_limit",
        _ => "invalid_labels",
    };

    static MetricHistoryOptions OptionsOf(MonitoringConfig config) => new()
    {
        Levels =
        [
            new(config.Interval.Value, config.History.Keep.Value),
            new(TimeSpan.FromMinutes(1), config.History.KeepMinutes.Value),
            new(TimeSpan.FromMinutes(5), config.History.KeepFiveMinutes.Value),
        ],
        MaxSeries = config.History.MaxSeries,
        MaxBytes = config.History.Size.Bytes,
    };

    [LoggerMessage(EventName = "monitoring_failed", Level = LogLevel.Warning, Message = "{Problem}; it is tried again at the next interval")]
    partial void LogProblem(string problem);
}
