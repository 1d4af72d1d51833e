using System.Text;
using Prometheus;

namespace CartRecovery.Engine.Telemetry;

/// <summary>
/// Registers an engine's metrics. Counters and gauges are declared with a function that reads them at scrape time; the engine counts in
/// plain fields, so counting costs the hot path one addition per batch. Any thread may scrape.
/// </summary>
public sealed class MetricRegistry : IDisposable
{
    /// <summary>The response's <c>Content-Type</c>.</summary>
    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    readonly CollectorRegistry _registry = Metrics.NewCustomRegistry();
    readonly IMetricFactory _factory;
    readonly Counter _failures;
    readonly List<Action> _reads = [];

    /// <summary>Creates a registry with the process metrics.</summary>
    public MetricRegistry()
    {
        Metrics.SuppressDefaultMetrics();
        var factory = Metrics.WithCustomRegistry(_registry);
        factory.ExemplarBehavior = ExemplarBehavior.NoExemplars();
        _factory = factory;
        _failures = factory.CreateCounter("cartrecovery_metrics_failures_total", "Instruments that could not be read in a scrape.");
        _registry.AddBeforeCollectCallback(ReadAll);
        ProcessMetrics.Declare(this);
    }

    /// <summary>The default bucket bounds, in seconds: 0.1 ms to 10 s.</summary>
    public static IReadOnlyList<double> DefaultBounds { get; } =
        [0.0001, 0.00025, 0.0005, 0.001, 0.0015, 0.002, 0.0025, 0.003, 0.004, 0.005, 0.0075, 0.01, 0.015, 0.02, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

    /// <summary>Declares a counter without labels.</summary>
    public void Counter(string name, string help, Func<double> read) => Counter(name, help, [], () => [new(read())]);

    /// <summary>Declares a counter.</summary>
    /// <param name="name">The full name, with prefix and <c>_total</c>.</param>
    /// <param name="help">One sentence.</param>
    /// <param name="labels">The label names.</param>
    /// <param name="read">Reads all series at each scrape. A series that is no longer returned keeps its last value.</param>
    public void Counter(string name, string help, string[] labels, Func<IEnumerable<Sample>> read)
    {
        var counter = _factory.CreateCounter(name, help, labels);
        BeforeScrape(() =>
        {
            foreach (var sample in read())
            {
                counter.WithLabels(sample.Labels).IncTo(sample.Value);
            }
        });
    }

    /// <summary>Declares a gauge without labels.</summary>
    public void Gauge(string name, string help, Func<double> read) => Gauge(name, help, [], () => [new(read())]);

    /// <summary>Declares a gauge.</summary>
    /// <param name="name">The full name, with prefix.</param>
    /// <param name="help">One sentence.</param>
    /// <param name="labels">The label names.</param>
    /// <param name="read">Reads all series at each scrape. A series that is no longer returned is removed.</param>
    public void Gauge(string name, string help, string[] labels, Func<IEnumerable<Sample>> read)
    {
        var gauge = _factory.CreateGauge(name, help, labels);
        var series = new Dictionary<string, string[]>(StringComparer.Ordinal);
        BeforeScrape(() =>
        {
            var former = new Dictionary<string, string[]>(series, StringComparer.Ordinal);
            foreach (var sample in read())
            {
                gauge.WithLabels(sample.Labels).Set(sample.Value);
                var key = string.Join('\0', sample.Labels);
                series[key] = sample.Labels;
                former.Remove(key);
            }

            // An alert on a sink that is gone would go on for ever.
            foreach (var (key, gone) in former)
            {
                gauge.RemoveLabelled(gone);
                series.Remove(key);
            }
        });
    }

    /// <summary>Declares a histogram in seconds, which its user observes directly.</summary>
    /// <param name="name">The full name.</param>
    /// <param name="help">One sentence.</param>
    /// <param name="bounds">Upper bounds of the buckets in seconds, ascending; <see cref="DefaultBounds"/> by default.</param>
    /// <param name="labels">The label names.</param>
    public Histogram Histogram(string name, string help, IReadOnlyList<double>? bounds = null, params string[] labels) =>
        _factory.CreateHistogram(name, help, new HistogramConfiguration { Buckets = [.. bounds ?? DefaultBounds], LabelNames = labels });

    /// <summary>Declares a counter that its user increases directly.</summary>
    /// <param name="name">The full name, with prefix and <c>_total</c>.</param>
    /// <param name="help">One sentence.</param>
    /// <param name="labels">The label names.</param>
    public Counter Counted(string name, string help, params string[] labels) => _factory.CreateCounter(name, help, labels);

    /// <summary>
    /// Writes the current values in Prometheus text format 0.0.4. A metric that fails to read keeps its last value and is counted in
    /// <c>cartrecovery_metrics_failures_total</c>.
    /// </summary>
    public Task WriteAsync(Stream output, CancellationToken cancellationToken = default) =>
        _registry.CollectAndExportAsTextAsync(output, cancellationToken);

    /// <summary>Reads the current values.</summary>
    public async Task<MetricSnapshot> ReadAsync()
    {
        using var text = new MemoryStream();
        await WriteAsync(text);
        return MetricSnapshot.Parse(Encoding.UTF8.GetString(text.GetBuffer().AsSpan(0, (int)text.Length)));
    }

    /// <summary>Reads nothing more: prometheus-net keeps registries for the life of the process, and they must not keep the engine.</summary>
    public void Dispose()
    {
        lock (_reads)
        {
            _reads.Clear();
        }
    }

    void BeforeScrape(Action read)
    {
        lock (_reads)
        {
            _reads.Add(read);
        }
    }

    void ReadAll()
    {
        lock (_reads)
        {
            foreach (var read in _reads)
            {
                try
                {
                    read();
                }
#pragma warning disable CA1031 // One broken metric must not hide the others.
                catch (Exception)
#pragma warning restore CA1031
                {
                    _failures.Inc();
                }
            }
        }
    }
}

/// <summary>The value of one series.</summary>
/// <param name="Value">The current value.</param>
/// <param name="Labels">The label values, in the order of their names.</param>
public readonly record struct Sample(double Value, params string[] Labels);
